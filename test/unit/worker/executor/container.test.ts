import { describe, expect, test } from 'vitest';
import {
  findTruncation,
  recognizeContainer,
} from '../../../../services/worker/executor/container.ts';

function box(name: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32BE(length);
  bytes.write(name, 4, 'latin1');
  return bytes;
}

function transportPackets(count: number, size: number, offset: number): Buffer {
  const bytes = Buffer.alloc(count * size);
  for (let index = 0; index < count; index += 1) bytes[index * size + offset] = 0x47;
  return bytes;
}

/** An EBML header of 4 bytes, then a segment whose length is written in 8 bytes. */
function matroska(segmentLength: string, given: number): Buffer {
  const head = Buffer.from(`1a45dfa3840000000018538067${segmentLength}`, 'hex');
  return Buffer.concat([head, Buffer.alloc(given)]);
}

describe('telling the container', () => {
  test.each([
    ['mov', box('ftyp', 24)],
    ['mov', box('moof', 24)],
    ['matroska', matroska('01ffffffffffffff', 4)],
    ['mpegts', transportPackets(3, 188, 0)],
    ['mpegts', transportPackets(5, 192, 4)],
    ['mpegts', transportPackets(1, 188, 0)],
  ] as const)('finds %s by its bytes', (container, bytes) => {
    expect(recognizeContainer(bytes, 'text/plain')).toBe(container);
  });

  test.each([
    ['RIFF....AVI LIST', /RIFF \(AVI or WAV\)/],
    ['#EXTM3U\nhttp://192.0.2.1/secret', /an HLS playlist/],
    ['\u0000\u0000\u0000\u0001gSPS.....', /raw H.264/],
    ['no video at all', /bytes that start with 6e6f20766964656f/],
  ])('refuses %j by name', (text, message) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(() => recognizeContainer(bytes, null)).toThrow(message);
    expect(() => recognizeContainer(bytes, 'video/mp4')).toThrow(/content type video\/mp4/);
  });
});

describe('looking for a missing end', () => {
  test('finds boxes that reach beyond the bytes', () => {
    const whole = Buffer.concat([box('ftyp', 24), box('moov', 100), box('mdat', 1000)]);
    expect(findTruncation('mov', whole)).toBeNull();
    expect(findTruncation('mov', whole.subarray(0, 700))).toBe(
      'the container declares 1124 bytes and 700 are given',
    );
  });

  test('accepts a last box of open length and padding after the last box', () => {
    const open = box('mdat', 100);
    open.writeUInt32BE(0);
    expect(findTruncation('mov', Buffer.concat([box('ftyp', 24), open]))).toBeNull();
    expect(findTruncation('mov', Buffer.concat([box('ftyp', 24), Buffer.alloc(40)]))).toBeNull();
  });

  test('finds boxes that do not follow each other', () => {
    const cut = Buffer.concat([
      box('ftyp', 24),
      box('moov', 100).subarray(30),
      Buffer.alloc(50, 7),
    ]);
    cut.writeUInt32BE(5, 24);
    expect(findTruncation('mov', cut)).toBe('there is no box at byte 24, where one should be');
  });

  test('reads lengths of 64 bits', () => {
    const long = Buffer.alloc(40);
    long.writeUInt32BE(1);
    long.write('mdat', 4, 'latin1');
    long.writeBigUInt64BE(5_000_000_000n, 8);
    expect(findTruncation('mov', long)).toMatch(/declares 5000000000 bytes and 40 are given/);
    expect(findTruncation('mov', long.subarray(0, 12))).toMatch(/declares 16 bytes/);
  });

  test('finds a Matroska segment that reaches beyond the bytes, unless its length is open', () => {
    expect(findTruncation('matroska', matroska('0100000000000010', 16))).toBeNull();
    expect(findTruncation('matroska', matroska('0100000000000010', 15))).toMatch(/declares 37/);
    expect(findTruncation('matroska', matroska('01ffffffffffffff', 1))).toBeNull();
  });

  test('finds a broken last transport packet', () => {
    const packets = transportPackets(4, 188, 0);
    expect(findTruncation('mpegts', packets)).toBeNull();
    expect(findTruncation('mpegts', packets.subarray(0, 700))).toBe(
      'the last transport packet has 136 of 188 bytes',
    );
  });
});
