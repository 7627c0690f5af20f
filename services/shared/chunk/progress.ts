/**
 * What is settled in one partition of intake. Chunks finish in any order, so the committed offset is
 * the lowest one not settled, and the rest travels in the committed offset's metadata, for which the
 * broker allows 4,096 bytes (Confluent's parallel consumer keeps its progress the same way).
 */
export interface Progress {
  /** The lowest offset that is not settled; everything below is. */
  readonly base: number;
  /** Offsets above `base` that need no more work: settled chunks and what is no chunk at all. */
  readonly settledAbove: ReadonlySet<number>;
  /** Tries that failed, by offset of the unsettled chunk, as attempt keys (`assignment.ts`). */
  readonly failedAttempts: ReadonlyMap<number, readonly string[]>;
}

/** The same for writing, where what is settled is asked for once only. */
type ProgressToEncode = Omit<Progress, 'settledAbove'> & {
  readonly settledAbove: Iterable<number>;
};

/** `offset.metadata.max.bytes` of a broker, at its default. */
const metadataBytesMax = 4096;

/**
 * How far above `base` a chunk may be read: 8,192 bits take 1,366 characters, which leaves room for
 * the failed tries of about 250 chunks.
 */
export const progressSpanMax = 8192;

const formatVersion = '1';

export interface EncodedProgress {
  readonly metadata: string;
  /** Offsets whose failed tries found room; the others must not be tried again yet. */
  readonly carriedAttempts: ReadonlySet<number>;
}

/**
 * Never longer than the broker allows, as long as `settledAbove` keeps within `progressSpanMax`.
 * @throws RangeError beyond that: leaving offsets out would have their chunks done twice.
 */
export function encodeProgress(progress: ProgressToEncode): EncodedProgress {
  const bitmap = encodeBitmap(progress);
  const terms: string[] = [];
  const entries: string[] = [];
  const carriedAttempts = new Set<number>();
  let length = formatVersion.length + bitmap.length + 3;
  for (const [offset, keys] of [...progress.failedAttempts].toSorted(([a], [b]) => a - b)) {
    if (offset < progress.base || keys.length === 0) {
      // What is settled already, or has not failed, needs no room.
      carriedAttempts.add(offset);
      continue;
    }
    const newTerms = [...new Set(keys.map(termOf))].filter((term) => !terms.includes(term));
    const allTerms = [...terms, ...newTerms];
    const tries = keys.map((key) => `${allTerms.indexOf(termOf(key))}.${key.split('.')[1] ?? ''}`);
    const entry = `${offset - progress.base}:${tries.join('+')}`;
    const added = entry.length + 1 + newTerms.join(',').length + newTerms.length;
    if (length + added > metadataBytesMax) break;
    length += added;
    terms.push(...newTerms);
    entries.push(entry);
    carriedAttempts.add(offset);
  }
  const metadata = [formatVersion, bitmap, terms.join(','), entries.join(';')].join('|');
  return { metadata, carriedAttempts };
}

/** Returns `null` for metadata that this format did not write; an empty text is fresh progress. */
export function decodeProgress(base: number, metadata: string): Progress | null {
  if (metadata === '') return { base, settledAbove: new Set(), failedAttempts: new Map() };
  const match = /^1\|([\w-]*)\|([a-z0-9,]*)\|([\d.:+;]*)$/.exec(metadata);
  const [, bitmap, termList, entryList] = match ?? [];
  if (bitmap === undefined || termList === undefined || entryList === undefined) return null;
  const failedAttempts = decodeAttempts(base, termList.split(','), entryList);
  if (failedAttempts === null) return null;
  return { base, settledAbove: decodeBitmap(base, bitmap), failedAttempts };
}

function decodeAttempts(
  base: number,
  terms: readonly string[],
  entryList: string,
): ReadonlyMap<number, readonly string[]> | null {
  const failedAttempts = new Map<number, readonly string[]>();
  for (const entry of entryList === '' ? [] : entryList.split(';')) {
    const [, delta, tries] = /^(\d{1,15}):(\d+\.\d+(?:\+\d+\.\d+)*)$/.exec(entry) ?? [];
    if (delta === undefined || tries === undefined) return null;
    const keys: string[] = [];
    for (const attempt of tries.split('+')) {
      const [index, number] = attempt.split('.');
      const term = terms[Number(index)];
      if (term === undefined || term === '' || number === undefined) return null;
      keys.push(`${term}.${number}`);
    }
    failedAttempts.set(base + Number(delta), keys);
  }
  return failedAttempts;
}

const termOf = (key: string): string => key.split('.')[0] ?? '';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Six bits a character, lowest first; bit 0 stands for the offset just above `base`. */
function encodeBitmap({ base, settledAbove }: ProgressToEncode): string {
  const sextets: number[] = [];
  for (const offset of settledAbove) {
    const bit = offset - base - 1;
    if (bit < 0) continue;
    if (bit >= progressSpanMax) {
      throw new RangeError(
        `Offset ${offset} is settled ${bit + 1} above the lowest unsettled one, ${base}; the metadata has room for ${progressSpanMax}.`,
      );
    }
    const index = Math.floor(bit / 6);
    while (sextets.length <= index) sextets.push(0);
    sextets[index] = (sextets[index] ?? 0) | (1 << (bit % 6));
  }
  return sextets.map((sextet) => alphabet.charAt(sextet)).join('');
}

function decodeBitmap(base: number, bitmap: string): ReadonlySet<number> {
  const settled = new Set<number>();
  for (let index = 0; index < bitmap.length; index += 1) {
    const sextet = alphabet.indexOf(bitmap.charAt(index));
    for (let bit = 0; bit < 6; bit += 1) {
      if ((sextet & (1 << bit)) !== 0) settled.add(base + 1 + index * 6 + bit);
    }
  }
  return settled;
}
