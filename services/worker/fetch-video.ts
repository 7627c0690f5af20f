import { createHash } from 'node:crypto';
import type { LaneOrder } from '../shared/chunk/lane-record.ts';
import type { FailureReason } from '../shared/chunk/reasons.ts';
import { ObjectStoreError } from '../shared/object-store/ports.ts';
import type { ObjectStore, ObjectStoreErrorCode } from '../shared/object-store/ports.ts';

export type FetchedVideo =
  | { readonly kind: 'video'; readonly bytes: Buffer }
  | {
      readonly kind: 'failure';
      readonly reason: FailureReason;
      readonly message: string;
      readonly retriable: boolean;
    };

/** The chunk's bytes: as they came, or behind its claim check, compared with the digest it promises. */
export async function fetchVideo(
  order: LaneOrder,
  inline: Buffer | null,
  source: { readonly store: ObjectStore; readonly bytesMax: number },
): Promise<FetchedVideo> {
  const { dataref, declaredSha256 } = order;
  if (dataref === null) return { kind: 'video', bytes: inline ?? Buffer.alloc(0) };
  try {
    const bytes = await source.store.read(dataref, source.bytesMax);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (declaredSha256 === null || declaredSha256 === sha256) return { kind: 'video', bytes };
    return {
      kind: 'failure',
      reason: 'digest-mismatch',
      message: `header ce_datasha256 is ${declaredSha256}, but ${dataref} has SHA-256 ${sha256}; the file was replaced or the header belongs to another chunk`,
      retriable: false,
    };
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error;
    return { kind: 'failure', message: error.message, ...failureOf(error.code) };
  }
}

function failureOf(code: ObjectStoreErrorCode): {
  readonly reason: FailureReason;
  readonly retriable: boolean;
} {
  switch (code) {
    case 'refused':
      return { reason: 'dataref-refused', retriable: false };
    case 'unavailable':
      return { reason: 'dataref-unavailable', retriable: true };
    case 'too-large':
      return { reason: 'dataref-refused', retriable: false };
  }
}
