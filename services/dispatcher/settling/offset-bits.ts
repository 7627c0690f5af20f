/**
 * A set of offsets of one partition as bits, a value that is never changed: thousands of offsets are
 * settled out of order, and each transaction wants to know what progress would be with some more.
 */
export interface OffsetBits {
  /** A multiple of 32; bit `n` stands for the offset `floor + n`. */
  readonly floor: number;
  readonly words: Uint32Array;
}

const bitsPerWord = 32;

export const noOffsets: OffsetBits = { floor: 0, words: new Uint32Array(0) };

export function hasOffset({ floor, words }: OffsetBits, offset: number): boolean {
  const bit = offset - floor;
  if (bit < 0) return false;
  return ((words[Math.floor(bit / bitsPerWord)] ?? 0) & (1 << (bit % bitsPerWord))) !== 0;
}

/** The same with more offsets; whatever lies below `base` is forgotten. */
export function addOffsets(bits: OffsetBits, base: number, offsets: readonly number[]): OffsetBits {
  const floor = base - (base % bitsPerWord);
  const from = Math.max(0, (floor - bits.floor) / bitsPerWord);
  const kept = bits.words.length === 0 ? bits.words : bits.words.subarray(from);
  let wordCount = kept.length;
  for (const offset of offsets) {
    wordCount = Math.max(wordCount, Math.floor((offset - floor) / bitsPerWord) + 1);
  }
  const words = new Uint32Array(wordCount);
  words.set(kept);
  for (const offset of offsets) {
    const bit = offset - floor;
    if (bit < 0) continue;
    const index = Math.floor(bit / bitsPerWord);
    words[index] = (words[index] ?? 0) | (1 << (bit % bitsPerWord));
  }
  return { floor, words };
}

/** The first offset from `base` on, and below `end`, that is not in the set; `end` if all are. */
export function firstMissing(bits: OffsetBits, base: number, end: number): number {
  let offset = base;
  while (offset < end && hasOffset(bits, offset)) offset += 1;
  return offset;
}

/** All offsets from `first` to `last` that are in the set, in order. */
export function* offsetsWithin(
  { floor, words }: OffsetBits,
  first: number,
  last: number,
): IterableIterator<number> {
  for (const [index, word] of words.entries()) {
    let rest = word;
    while (rest !== 0) {
      const bit = bitsPerWord - 1 - Math.clz32(rest & -rest);
      rest &= rest - 1;
      const offset = floor + index * bitsPerWord + bit;
      if (offset > last) return;
      if (offset >= first) yield offset;
    }
  }
}
