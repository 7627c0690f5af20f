import { describe, expect, it } from 'vitest';
import { arrivalRates, arrivalSpans } from '../../../../services/policy/scaling/arrivals.ts';

const spans = arrivalSpans(20_000);

/** Chunks per second of lately, when so many came in the last five seconds and none before. */
function nearWith(chunks: number): number {
  const points = [
    { atMs: 0, logEnd: 0 },
    { atMs: 95_000, logEnd: 0 },
  ];
  const memory = { priority: 'live' as const, points, chunkMediaMs: null, allowedMs: null };
  const lag = { priority: 'live' as const, chunks, logEnd: chunks };
  return 1000 * arrivalRates(memory, { nowMs: 100_000, spans, lag }).near;
}

describe('the rate of what arrives', () => {
  it('counts lately over a quarter of a boot, within five seconds and a minute', () => {
    expect(spans.nearMs).toBe(5000);
    expect(arrivalSpans(120_000).nearMs).toBe(30_000);
    expect(arrivalSpans(600_000).nearMs).toBe(60_000);
  });

  it('takes off what may be chance: much of a few chunks, little of many', () => {
    expect(nearWith(1)).toBe(0);
    expect(nearWith(4)).toBeCloseTo(2 / 5);
    expect(nearWith(400)).toBeCloseTo(380 / 5);
  });
});
