/**
 * A text that must not be seen. It prints as `[redacted]` in logs, JSON, string templates and the
 * inspector; only `reveal()` gives it out, so a search for that word finds every use.
 */
export interface Secret {
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

export const redacted = '[redacted]';

export function secret(value: string): Secret {
  const hide = (): string => redacted;
  return Object.freeze({
    reveal: () => value,
    toString: hide,
    toJSON: hide,
    [Symbol.for('nodejs.util.inspect.custom')]: hide,
  });
}
