import { coordinatesKey } from './coordinates.ts';
import type { Coordinates } from './coordinates.ts';
import type { SizeLimits } from './limits.ts';
import type { RefusalReason } from './reasons.ts';
import { parseRfc3339 } from './rfc3339.ts';
import type { Priority } from './words.ts';

/**
 * CloudEvents 1.0 in Kafka's binary mode: attributes are headers named `ce_…`, the value is the
 * video (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md).
 */
export const chunkType = 'spillway.chunk.v1';

export interface Identity {
  readonly source: string;
  readonly id: string;
}

/** One chunk with everything resolved that its producer may leave out. */
export interface Chunk extends Identity {
  readonly coordinates: Coordinates;
  /** When it was submitted; never after the broker appended it. */
  readonly submittedAtMs: number;
  readonly deadlineAtMs: number;
  /** Length of the video, or `null` until a worker has probed it. */
  readonly durationMs: number | null;
  readonly sequence: string | null;
  /** Place of the chunk's first instant in its stream, 0 if the producer does not say. */
  readonly startMs: number;
  readonly model: string | null;
  readonly tenant: string;
  readonly contentType: string | null;
  readonly dataref: string | null;
  /** Lower-case hexadecimal SHA-256 that the producer claims for the video. */
  readonly declaredSha256: string | null;
  readonly traceparent: string | null;
}

/** What Kafka tells about one record of intake. */
export interface IntakeRecordFacts {
  readonly coordinates: Coordinates;
  /** UTF-8 text of each header; the last of several with one name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly headerBytes: number;
  readonly keyText: string | null;
  readonly valueBytes: number;
  readonly appendedAtMs: number;
}

export interface ChunkDefaults {
  /** Time from submission to deadline where the producer sets none. */
  readonly objectiveMs: Readonly<Record<Priority, number>>;
  readonly tenant: string;
}

export type ChunkReading =
  | { readonly kind: 'chunk'; readonly chunk: Chunk }
  | {
      readonly kind: 'refused';
      readonly identity: Identity;
      readonly reason: RefusalReason;
      readonly message: string;
    };

class Refusal extends Error {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** In UTF-16 units, so at most 3 KiB of UTF-8. */
const textLengthMax = 1024;
const durationMsMax = 24 * 3_600_000;

/** Total: whatever a producer sent is either a chunk or a refusal that says what would be accepted. */
export function readChunk(
  facts: IntakeRecordFacts,
  defaults: ChunkDefaults,
  limits: SizeLimits,
): ChunkReading {
  try {
    refuseSizes(facts, limits);
    return { kind: 'chunk', chunk: chunkFrom(facts, defaults) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { reason, message } = error;
    return { kind: 'refused', identity: fallbackIdentity(facts), reason, message };
  }
}

function refuseSizes(facts: IntakeRecordFacts, limits: SizeLimits): void {
  if (facts.headerBytes > limits.headerBytesMax) {
    throw new Refusal(
      'headers-too-large',
      `headers take ${facts.headerBytes} bytes, at most ${limits.headerBytesMax} are accepted`,
    );
  }
  if (facts.valueBytes > limits.inlineBytesMax) {
    throw new Refusal(
      'too-large',
      `the record holds ${facts.valueBytes} bytes of video, at most ${limits.inlineBytesMax} travel inside a record; send a larger chunk as a claim check: an empty value and the header ce_dataref`,
    );
  }
  const dataref = facts.headers.get('ce_dataref');
  if (facts.valueBytes > 0 && dataref !== undefined) {
    const beside = `an empty record; this one holds ${facts.valueBytes} bytes of video besides`;
    throw badHeader('ce_dataref', dataref, beside);
  }
  if (facts.valueBytes === 0 && dataref === undefined) {
    throw new Refusal(
      'empty',
      'the record is empty; a chunk is either video bytes in the value or an empty value with the header ce_dataref',
    );
  }
}

function chunkFrom(facts: IntakeRecordFacts, defaults: ChunkDefaults): Chunk {
  const { coordinates } = facts;
  const type = optionalText(facts, 'ce_type');
  if (type !== null && type !== chunkType) {
    throw badHeader('ce_type', type, `${chunkType}, or no such header`);
  }
  const claimedAtMs = optionalTime(facts, 'ce_time') ?? facts.appendedAtMs;
  const submittedAtMs = Math.min(claimedAtMs, facts.appendedAtMs);
  const { source, id } = identityFrom(facts);
  return {
    source,
    id,
    coordinates,
    submittedAtMs,
    deadlineAtMs:
      optionalTime(facts, 'ce_deadline') ??
      submittedAtMs + defaults.objectiveMs[coordinates.priority],
    durationMs: optionalMilliseconds(facts, 'ce_durationms', 1),
    sequence: optionalText(facts, 'ce_sequence'),
    startMs: optionalMilliseconds(facts, 'ce_startms', 0) ?? 0,
    model: optionalText(facts, 'ce_model'),
    tenant: optionalText(facts, 'ce_tenant') ?? defaults.tenant,
    contentType: optionalText(facts, 'content-type'),
    dataref: optionalText(facts, 'ce_dataref'),
    declaredSha256: optionalDigest(facts),
    traceparent: optionalTraceparent(facts),
  };
}

function identityFrom(facts: IntakeRecordFacts): Identity {
  return {
    source: optionalText(facts, 'ce_source') ?? usable(facts.keyText) ?? 'unknown',
    id: optionalText(facts, 'ce_id') ?? coordinatesKey(facts.coordinates),
  };
}

/** For refused records, half of whose own identity may be the very thing that is broken. */
function fallbackIdentity({ coordinates, headers, keyText }: IntakeRecordFacts): Identity {
  return {
    source: usable(headers.get('ce_source')) ?? usable(keyText) ?? 'unknown',
    id: usable(headers.get('ce_id')) ?? coordinatesKey(coordinates),
  };
}

const usable = (value: string | null | undefined): string | null =>
  typeof value === 'string' && isPlainText(value) ? value : null;

/**
 * Printable, short enough to be echoed, and really UTF-8 (the replacement character says it was
 * not). Control characters of both ranges are out: a terminal would obey them.
 */
function isPlainText(value: string): boolean {
  return value.length > 0 && value.length <= textLengthMax && !/[\p{Cc}\p{Cs}\ufffd]/u.test(value);
}

function optionalText(facts: IntakeRecordFacts, name: string): string | null {
  const value = facts.headers.get(name);
  if (value === undefined) return null;
  if (!isPlainText(value)) {
    throw badHeader(name, value, `1 to ${textLengthMax} printable characters of UTF-8`);
  }
  return value;
}

function optionalTime(facts: IntakeRecordFacts, name: string): number | null {
  const value = optionalText(facts, name);
  if (value === null) return null;
  const parsed = parseRfc3339(value);
  if (parsed === null) {
    throw badHeader(name, value, 'a time of RFC 3339 such as 2026-01-31T12:00:00Z');
  }
  return parsed;
}

function optionalMilliseconds(
  facts: IntakeRecordFacts,
  name: string,
  atLeast: number,
): number | null {
  const value = optionalText(facts, name);
  if (value === null) return null;
  const parsed = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  const atMost = name === 'ce_durationms' ? durationMsMax : Number.MAX_SAFE_INTEGER;
  if (!(parsed >= atLeast && parsed <= atMost)) {
    throw badHeader(name, value, `whole milliseconds from ${atLeast} to ${atMost}`);
  }
  return parsed;
}

function optionalDigest(facts: IntakeRecordFacts): string | null {
  const value = optionalText(facts, 'ce_datasha256');
  if (value === null) return null;
  if (!/^[0-9a-fA-F]{64}$/.test(value)) {
    throw badHeader('ce_datasha256', value, '64 hexadecimal digits');
  }
  return value.toLowerCase();
}

/**
 * A foreign tracing header must never cost a chunk, so a malformed one only starts a new trace.
 * Version ff and ids of zeros alone are invalid (https://www.w3.org/TR/trace-context/#traceparent-header).
 */
function optionalTraceparent(facts: IntakeRecordFacts): string | null {
  const value = facts.headers.get('traceparent') ?? '';
  return /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(value)
    ? value
    : null;
}

function badHeader(name: string, value: string, accepted: string): Refusal {
  // JSON escapes only the lower control characters; the message ends in logs and on terminals.
  const shown = JSON.stringify(value.slice(0, 80)).replace(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );
  return new Refusal('bad-header', `header ${name} is ${shown}; accepted: ${accepted}`);
}
