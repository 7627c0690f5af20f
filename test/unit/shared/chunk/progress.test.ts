import { describe, expect, it } from 'vitest';
import {
  decodeProgress,
  encodeProgress,
  progressSpanMax,
} from '../../../../services/shared/chunk/progress.ts';

const none = new Map<number, readonly string[]>();

describe('progress metadata', () => {
  it('is short, plain ASCII, and names each term once', () => {
    const { metadata } = encodeProgress({
      base: 100,
      settledAbove: new Set([101, 103, 107]),
      failedAttempts: new Map([
        [100, ['k3x.1', 'k3x.2']],
        [104, ['k3x.1', 'zz9.1']],
      ]),
    });
    expect(metadata).toBe('1|FB|k3x,zz9|0:0.1+0.2;4:0.1+1.1');
  });

  it('holds the widest span with room for the failed tries of some 250 chunks', () => {
    const base = 1_000_000;
    const settledAbove = new Set(
      Array.from({ length: progressSpanMax / 2 }, (_, index) => base + 2 * (index + 1)),
    );
    const failedAttempts = new Map(
      Array.from({ length: 600 }, (_, index) => [
        base + 2 * index + 1,
        ['0123456789abcdef01234567.1'],
      ]),
    );
    const { metadata, carriedAttempts } = encodeProgress({ base, settledAbove, failedAttempts });
    expect(metadata.length).toBeLessThanOrEqual(4096);
    expect(carriedAttempts.size).toBeGreaterThan(250);
    expect(decodeProgress(base, metadata)?.settledAbove).toEqual(settledAbove);
  });

  it('refuses to lose an offset beyond the span, and says by how much it is out', () => {
    const encode = (offset: number) => () =>
      encodeProgress({ base: 7, settledAbove: new Set([offset]), failedAttempts: none });
    expect(encode(7 + progressSpanMax)).not.toThrow();
    expect(encode(8 + progressSpanMax)).toThrow(
      'Offset 8200 is settled 8193 above the lowest unsettled one, 7; the metadata has room for 8192.',
    );
    expect(encode(Number.MAX_SAFE_INTEGER)).toThrow(RangeError);
  });

  it('leaves out what lies below the base or has no failed try, and counts it as carried', () => {
    const failedAttempts = new Map([
      [3, ['k3x.1']],
      [11, []],
    ]);
    const settledAbove = new Set([4, 10]);
    const encoded = encodeProgress({ base: 10, settledAbove, failedAttempts });
    expect(encoded).toEqual({ metadata: '1|||', carriedAttempts: new Set([3, 11]) });
  });

  it('that is empty is fresh progress', () => {
    const fresh = { base: 5, settledAbove: new Set(), failedAttempts: none };
    expect(decodeProgress(5, '')).toEqual(fresh);
  });

  it.each([
    'kafkajs',
    '2|A||',
    '1|A|',
    '1|A||||',
    '1|=||',
    '1|A|K3X|',
    '1|A|k3x|0:1.1',
    '1|A|k3x|0:0',
    '1|A|k3x|x:0.1',
    '1|A|k3x|-1:0.1',
    '1|A||0:0.1',
    '1|A|k3x|0:0.1;',
    ' 1|A||',
  ])('%j is not ours', (metadata) => {
    expect(decodeProgress(5, metadata)).toBeNull();
  });
});
