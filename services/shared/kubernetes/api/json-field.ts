/** A field of a JSON object; `undefined` where there is none, or no object. */
export function field(value: unknown, name: string): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? new Map(Object.entries(value)).get(name) : undefined;
}

/** `null` where there is no text of that name. */
export function textField(value: unknown, name: string): string | null {
  const found = field(value, name);
  return typeof found === 'string' ? found : null;
}
