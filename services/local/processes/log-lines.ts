/** One line that a program wrote. */
export interface LogLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** The line's JSON object; `null` when it is none: a stack trace, a native library's words. */
  readonly fields: Readonly<Record<string, unknown>> | null;
}

/** Programs write lines of a few hundred bytes; beyond this a line is passed on in pieces. */
const lineLengthMax = 1_048_576;

/** Cuts a stream of text into lines, whatever the pieces in which it arrives. */
export class LineSplitter {
  readonly #onLine: (text: string) => void;
  #rest = '';

  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine;
  }

  push(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (this.#rest.length > lineLengthMax) this.end();
  }

  /** Passes on what had no line end. */
  end(): void {
    const last = this.#rest;
    this.#rest = '';
    if (last !== '') this.#onLine(last);
  }
}

export function parseLogLine(stream: 'stdout' | 'stderr', text: string): LogLine {
  return { stream, text, fields: text.startsWith('{') ? parseFields(text) : null };
}

function parseFields(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    // A line may begin like JSON and be cut or be something else: it is still a line worth showing.
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
