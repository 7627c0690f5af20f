/** CRC-32C (Castagnoli), bits reversed. */
const polynomial = 0x82f63b78;

/** Bytes looked up at once. 16 took 7.2 ms for 8 MiB where 1 took 19 ms and 8 took 8.0 ms (Node 20). */
const slices = 16;

/** Table `n` of 256 says what a byte does to the checksum when `n` more bytes follow it. */
function tables(): Int32Array {
  const table = new Int32Array(256 * slices);
  for (let byte = 0; byte < 256; byte += 1) {
    let checksum = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      checksum = (checksum & 1) === 0 ? checksum >>> 1 : (checksum >>> 1) ^ polynomial;
    }
    table[byte] = checksum;
  }
  for (let index = 256; index < table.length; index += 1) {
    const before = table[index - 256] ?? 0;
    table[index] = (before >>> 8) ^ (table[before & 0xff] ?? 0);
  }
  return table;
}

const noWords = new Int32Array(0);

let built: Int32Array | null = null;

/**
 * The checksum of a record batch: CRC-32C of `bytes`, going on from `before`, the checksum of what
 * stands in front of them.
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  built ??= tables();
  const table = built;
  // A view of words must begin at a multiple of four in the memory below.
  const wordsFrom = Math.min(-bytes.byteOffset & 3, bytes.length);
  const wordCount = ((bytes.length - wordsFrom) >> 2) & ~3;
  const words =
    wordCount === 0
      ? noWords
      : new Int32Array(bytes.buffer, bytes.byteOffset + wordsFrom, wordCount);
  let checksum = ~before;
  for (let index = 0; index < wordsFrom; index += 1) {
    checksum = bytewise(table, checksum, bytes[index]);
  }
  checksum = sliced(table, checksum, words);
  for (let index = wordsFrom + wordCount * 4; index < bytes.length; index += 1) {
    checksum = bytewise(table, checksum, bytes[index]);
  }
  return ~checksum >>> 0;
}

const bytewise = (table: Int32Array, checksum: number, byte: number | undefined): number =>
  (checksum >>> 8) ^ at(table, (checksum ^ (byte ?? 0)) & 0xff);

/** `?? 0` says to the compiler what the masks say: the index is within the table. */
const at = (table: Int32Array, index: number): number => table[index] ?? 0;

/** Four words a turn, read little-endian, as every machine that Node runs on has them. */
function sliced(table: Int32Array, before: number, words: Int32Array): number {
  let checksum = before;
  for (let index = 0; index < words.length; index += 4) {
    const first = at(words, index) ^ checksum;
    const second = at(words, index + 1);
    const third = at(words, index + 2);
    const fourth = at(words, index + 3);
    checksum =
      at(table, 3840 + (first & 0xff)) ^
      at(table, 3584 + ((first >>> 8) & 0xff)) ^
      at(table, 3328 + ((first >>> 16) & 0xff)) ^
      at(table, 3072 + (first >>> 24)) ^
      at(table, 2816 + (second & 0xff)) ^
      at(table, 2560 + ((second >>> 8) & 0xff)) ^
      at(table, 2304 + ((second >>> 16) & 0xff)) ^
      at(table, 2048 + (second >>> 24)) ^
      at(table, 1792 + (third & 0xff)) ^
      at(table, 1536 + ((third >>> 8) & 0xff)) ^
      at(table, 1280 + ((third >>> 16) & 0xff)) ^
      at(table, 1024 + (third >>> 24)) ^
      at(table, 768 + (fourth & 0xff)) ^
      at(table, 512 + ((fourth >>> 8) & 0xff)) ^
      at(table, 256 + ((fourth >>> 16) & 0xff)) ^
      at(table, fourth >>> 24);
  }
  return checksum;
}
