import { chunkType } from '../../shared/chunk/envelope.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import { textHeaders } from '../../shared/kafka/record-headers.ts';
import type { OutgoingRecord } from '../../shared/kafka/ports.ts';

/** One chunk as it is to lie in intake. */
export interface ChunkToSend {
  readonly topic: string;
  readonly source: string;
  /** Never used before, also not by another submission of the same file. */
  readonly id: string;
  /** From 0. */
  readonly number: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly contentType: string;
  readonly submittedAtMs: number;
  /** `null`: the priority's objective decides. */
  readonly deadlineMs: number | null;
  /** `null`: the installation's default. */
  readonly model: string | null;
  /** Lower-case hexadecimal SHA-256 of the video. */
  readonly sha256: string;
  readonly payload:
    | { readonly kind: 'inline'; readonly bytes: Buffer }
    | { readonly kind: 'claim-check'; readonly reference: string };
}

/** Enough digits for a chunk a second over three years; CloudEvents orders sequences as texts. */
const sequenceDigits = 8;

/** CloudEvents 1.0 in Kafka's binary mode; the key keeps the chunks of one stream in one partition. */
export function chunkRecord(chunk: ChunkToSend): OutgoingRecord {
  const { payload, submittedAtMs, deadlineMs } = chunk;
  const optional = (name: string, value: string | null): readonly [string, string][] =>
    value === null ? [] : [[name, value]];
  const deadline = deadlineMs === null ? null : formatRfc3339(submittedAtMs + deadlineMs);
  return {
    topic: chunk.topic,
    key: Buffer.from(chunk.source, 'utf8'),
    value: payload.kind === 'inline' ? payload.bytes : null,
    headers: textHeaders([
      ['ce_specversion', '1.0'],
      ['ce_type', chunkType],
      ['ce_id', chunk.id],
      ['ce_source', chunk.source],
      ['ce_time', formatRfc3339(submittedAtMs)],
      ['ce_sequence', String(chunk.number).padStart(sequenceDigits, '0')],
      ['ce_startms', String(chunk.startMs)],
      ['ce_durationms', String(chunk.durationMs)],
      ...optional('ce_model', chunk.model),
      ...optional('ce_deadline', deadline),
      ...optional('ce_dataref', payload.kind === 'inline' ? null : payload.reference),
      ['ce_datasha256', chunk.sha256],
      ['content-type', chunk.contentType],
    ]),
  };
}
