/** A value as JSON has it. */
type Json = Readonly<Record<string, unknown>>;

/** JSON merge patch (RFC 7386): objects merge, `null` removes, all else replaces. */
export function mergePatched<T extends object>(original: T, patch: Json): T {
  return { ...original, ...mergedParts(original, patch) };
}

function mergedParts(original: object, patch: Json): Json {
  const parts = new Map<string, unknown>(Object.entries(original));
  for (const [name, value] of Object.entries(patch)) {
    const before = parts.get(name);
    if (value === null) parts.delete(name);
    else if (!isJson(value)) parts.set(name, value);
    else parts.set(name, mergedParts(isJson(before) ? before : {}, value));
  }
  return Object.fromEntries(parts);
}

const isJson = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
