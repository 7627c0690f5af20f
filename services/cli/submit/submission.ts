import { createHash } from 'node:crypto';
import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import type { RecordSink } from '../../shared/kafka/ports.ts';
import { ObjectStoreError } from '../../shared/object-store/ports.ts';
import type { ObjectStore } from '../../shared/object-store/ports.ts';
import { CommandError } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import type { KafkaPlace } from '../kafka-place.ts';
import { chunkRecord } from './chunk-record.ts';
import type { CutFile, CutPiece, VideoCutter } from './cutter-ports.ts';
import { Sending } from './sending.ts';
import type { SubmitOptions } from './submit-options.ts';

/** A file that was looked at, and the stream that it is. */
export interface PlannedFile {
  readonly file: CutFile;
  readonly source: string;
}

export interface SubmittedChunk {
  readonly source: string;
  readonly id: string;
  /** Where it lies in intake, as `priority/partition/offset`. */
  readonly coordinates: string;
}

export interface SubmissionOptions {
  readonly tools: Pick<CommandTools, 'clock' | 'random' | 'interrupted'>;
  readonly place: KafkaPlace;
  readonly cutter: VideoCutter;
  readonly sink: RecordSink;
  readonly store: ObjectStore;
  readonly options: SubmitOptions;
  /** Before a chunk is sent. */
  readonly onSending: (source: string, id: string) => void;
  /** When Kafka has acknowledged it. */
  readonly onSubmitted: (chunk: SubmittedChunk) => void;
}

/**
 * Cuts and sends, one file after the other; a few chunks are in memory at a time.
 *
 * @throws KafkaPortError, CommandError `input` or `interrupted`.
 */
export async function submitFiles(
  files: readonly PlannedFile[],
  submission: SubmissionOptions,
): Promise<void> {
  const { cutter, tools } = submission;
  // One name for all chunks of this call; the number within the file makes each unique.
  const call = tools.random.unique();
  const sending = new Sending();
  for (const [fileNumber, { file, source }] of files.entries()) {
    for await (const piece of cutter.cut(file)) {
      if (tools.interrupted.aborted) {
        const message = 'interrupted; what was submitted before is processed all the same';
        throw new CommandError('interrupted', message);
      }
      const id = `${call}-${fileNumber}-${piece.number}`;
      await sending.add(piece.bytes.length, () => sendPiece({ source, id, piece }, submission));
    }
  }
  await sending.finish();
}

interface NamedPiece {
  readonly source: string;
  readonly id: string;
  readonly piece: CutPiece;
}

async function sendPiece(
  { source, id, piece }: NamedPiece,
  submission: SubmissionOptions,
): Promise<void> {
  const { place, options, sink, tools } = submission;
  const { priority } = options;
  const { bytes, number, startMs, durationMs, contentType } = piece;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const isInline = bytes.length <= place.limits.inlineBytesMax;
  const payload = isInline
    ? { kind: 'inline' as const, bytes }
    : { kind: 'claim-check' as const, reference: await storeBytes(bytes, sha256, submission) };
  submission.onSending(source, id);
  const record = chunkRecord({
    topic: place.topics.intake(priority),
    source,
    id,
    number,
    startMs,
    durationMs,
    contentType,
    sha256,
    payload,
    submittedAtMs: tools.clock.nowMs(),
    deadlineMs: options.deadlineSeconds ?? null,
    model: options.model ?? null,
  });
  const [appended] = await sink.send([record]);
  if (appended === undefined) throw new Error('Kafka acknowledged a record without its offset');
  const { partition, offset } = appended;
  const coordinates = coordinatesKey({ priority, partition, offset });
  submission.onSubmitted({ source, id, coordinates });
}

async function storeBytes(
  bytes: Buffer,
  sha256: string,
  { store }: SubmissionOptions,
): Promise<string> {
  try {
    return await store.write(bytes, sha256);
  } catch (error) {
    const isOurs = error instanceof ObjectStoreError;
    const reason = error instanceof Error ? error.message : String(error);
    const message = isOurs ? reason : `the folder of claim checks cannot be written: ${reason}`;
    throw new CommandError('input', message, error);
  }
}

/**
 * Refuses, before anything is sent, chunks that are too large for a record where no folder for claim
 * checks is known.
 *
 * @throws CommandError `input`.
 */
export function requireRoom(files: readonly PlannedFile[], place: KafkaPlace): void {
  if (place.claimRoot !== null) return;
  const { inlineBytesMax } = place.limits;
  for (const { file } of files) {
    const large = file.pieces.find(({ bytesEstimated }) => bytesEstimated > inlineBytesMax);
    if (large === undefined) continue;
    throw new CommandError(
      'input',
      `${file.path} has a chunk of ${mebibytes(large.bytesEstimated)}, and ${mebibytes(inlineBytesMax)} ` +
        'travel inside a record; set SPILLWAY_CLAIM_ROOT to a folder shared with the workers' +
        (file.pieces.length > 1 ? ', or lower --chunk-seconds' : ''),
    );
  }
}

const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
