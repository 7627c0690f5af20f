import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../../services/shared/kafka/kafkajs/crc32c.ts';

/** Bit by bit, as the definition says. */
function slowly(bytes: Uint8Array): number {
  let checksum = 0xffffffff;
  for (const byte of bytes) {
    checksum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      checksum = (checksum & 1) === 0 ? checksum >>> 1 : (checksum >>> 1) ^ 0x82f63b78;
    }
  }
  return ~checksum >>> 0;
}

const sample = Uint8Array.from({ length: 200 }, (_, index) => (index * 151 + 7) & 0xff);

describe('the checksum of a record batch', () => {
  it('is what RFC 3720 gives for its examples', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
    expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)))).toBe(0x46dd794e);
  });

  it('is right for every length and place in memory', () => {
    for (let start = 0; start < 9; start += 1) {
      for (let length = 0; length < 80; length += 1) {
        const bytes = sample.subarray(start, start + length);
        expect(crc32c(bytes)).toBe(slowly(bytes));
      }
    }
  });

  it('goes on from what stands in front, wherever the bytes are cut', () => {
    for (let cut = 0; cut <= sample.length; cut += 1) {
      const front = crc32c(sample.subarray(0, cut));
      expect(crc32c(sample.subarray(cut), front)).toBe(slowly(sample));
    }
  });
});
