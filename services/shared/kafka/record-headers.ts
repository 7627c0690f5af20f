import type { RecordHeaders } from './ports.ts';

/** Text of each header; the last of several with one name, as Kafka's own clients read them. */
export function headerTexts(headers: RecordHeaders): ReadonlyMap<string, string> {
  return new Map(headers.map(([name, value]) => [name, value.toString('utf8')]));
}

export function headerBytes(headers: RecordHeaders): number {
  return headers.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + value.length, 0);
}

export function textHeaders(pairs: readonly (readonly [string, string])[]): RecordHeaders {
  return pairs.map(([name, value]) => [name, Buffer.from(value, 'utf8')] as const);
}
