/**
 * Readers for JSON that other programs wrote. A reader returns the value with its exact type or
 * throws `Malformed` with the path of the first field that is wrong; `parse` turns that into a value.
 */
export type Shape<T> = (value: unknown, path: string) => T;

class Malformed extends Error {}

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function parseJson<T>(text: string, shape: Shape<T>): Parsed<T> {
  try {
    return { ok: true, value: shape(JSON.parse(text), '$') };
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) {
      return { ok: false, problem: error.message };
    }
    throw error;
  }
}

const refuse = (path: string, wanted: string, value: unknown): never => {
  throw new Malformed(`${path} must be ${wanted}, found ${describe(value)}`);
};

/** Lists and objects only by their kind: printing a deeply nested one could exhaust the stack. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return JSON.stringify(typeof value === 'string' ? value.slice(0, 80) : value);
}

export const text: Shape<string> = (value, path) =>
  typeof value === 'string' ? value : refuse(path, 'text', value);

export const number: Shape<number> = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? value : refuse(path, 'a number', value);

export const count: Shape<number> = (value, path) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse(path, 'a whole number of 0 or more', value);

export const flag: Shape<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : refuse(path, 'true or false', value);

export const nullable =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value, path) =>
    value === null || value === undefined ? null : shape(value, path);

export const list =
  <T>(shape: Shape<T>): Shape<readonly T[]> =>
  (value, path) =>
    Array.isArray(value)
      ? value.map((element: unknown, index) => shape(element, `${path}[${index}]`))
      : refuse(path, 'a list', value);

export const oneOf =
  <const T extends readonly string[]>(words: T): Shape<T[number]> =>
  (value, path) =>
    words.find((word) => word === value) ?? refuse(path, `one of ${words.join(', ')}`, value);

/** Text with a grammar of its own, such as coordinates. */
export const written =
  <T>(parse: (text: string) => T | null, wanted: string): Shape<T> =>
  (value, path) =>
    parse(text(value, path)) ?? refuse(path, wanted, value);

type Fields = Readonly<Record<string, Shape<unknown>>>;
type FieldValues<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> };

/** Unknown fields are left out, so that an older reader follows a newer writer. */
export const fields =
  <F extends Fields>(shapes: F): Shape<FieldValues<F>> =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return refuse(path, 'an object', value);
    }
    const given: Readonly<Record<string, unknown>> = { ...value };
    const read = Object.entries(shapes).map(([name, shape]) => [
      name,
      shape(given[name], `${path}.${name}`),
    ]);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- built field by field above
    return Object.fromEntries(read) as FieldValues<F>;
  };
