import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../services/shared/clock/manual.ts';
import {
  nextPause,
  reflectorSettings,
  watchSeconds,
} from '../../../services/shared/kubernetes/reflector/pace.ts';
import type { RoundEnd } from '../../../services/shared/kubernetes/reflector/pace.ts';
import { runs } from './seed.ts';

const settings = reflectorSettings;
const { goodWatchMs, pauseMsMin, pauseMsMax } = settings;

const badEnd: fc.Arbitrary<RoundEnd> = fc.record({
  how: fc.constantFrom('ended' as const, 'expired' as const, 'broken' as const),
  wordsForMs: fc.option(fc.integer({ min: -1000, max: goodWatchMs - 1 })),
  retryAfterMs: fc.constant(null),
});
const goodEnd: fc.Arbitrary<RoundEnd> = fc.record({
  how: fc.constantFrom('ended' as const, 'expired' as const, 'broken' as const),
  wordsForMs: fc.integer({ min: goodWatchMs, max: 300_000 }),
  retryAfterMs: fc.constant(null),
});

function pausesAfter(ends: readonly RoundEnd[], seed: number): readonly number[] {
  const random = seededRandom(seed);
  let failures = 0;
  return ends.map((end) => {
    const pause = nextPause(end, { failures, settings, random });
    failures = pause.failures;
    return pause.pauseMs;
  });
}

describe('the pause of a reflector', () => {
  it('doubles with each bad round up to its limit, and is drawn from the upper half', () => {
    fc.assert(
      fc.property(fc.array(badEnd, { minLength: 1, maxLength: 40 }), fc.nat(), (ends, seed) => {
        pausesAfter(ends, seed).forEach((pauseMs, index) => {
          const stepMs = Math.min(pauseMsMin * 2 ** index, pauseMsMax);
          expect(pauseMs).toBeGreaterThanOrEqual(stepMs / 2);
          expect(pauseMs).toBeLessThanOrEqual(stepMs);
        });
      }),
      runs,
    );
  });

  it('is short again after a good watch, and none after one that ended in order', () => {
    fc.assert(
      fc.property(fc.array(badEnd, { maxLength: 40 }), goodEnd, fc.nat(), (ends, end, seed) => {
        const pauseMs = pausesAfter([...ends, end], seed).at(-1);
        if (end.how === 'ended') expect(pauseMs).toBe(0);
        else expect(pauseMs).toBeLessThanOrEqual(pauseMsMin);
      }),
      runs,
    );
  });

  it('is none after silence, which leaves the back-off as it was', () => {
    const silent: RoundEnd = { how: 'silent', wordsForMs: null, retryAfterMs: null };
    fc.assert(
      fc.property(fc.nat(40), (failures) => {
        const context = { failures, settings, random: seededRandom(1) };
        expect(nextPause(silent, context)).toEqual({ pauseMs: 0, failures });
      }),
      runs,
    );
  });

  it('is never below what the server asks for', () => {
    fc.assert(
      fc.property(badEnd, fc.integer({ min: 0, max: 60_000 }), (end, retryAfterMs) => {
        const [pauseMs] = pausesAfter([{ ...end, retryAfterMs }], 1);
        expect(pauseMs).toBeGreaterThanOrEqual(retryAfterMs);
      }),
      runs,
    );
  });
});

describe('the length of a watch', () => {
  it('is drawn between its limits, and never beyond the next full list', () => {
    fc.assert(
      fc.property(fc.nat(settings.relistMs), fc.nat(), (sinceListMs, seed) => {
        const seconds = watchSeconds(sinceListMs, { settings, random: seededRandom(seed) });
        const leftSeconds = Math.max(1, Math.ceil((settings.relistMs - sinceListMs) / 1000));
        expect(seconds).toBeLessThanOrEqual(Math.min(settings.watchSecondsMax, leftSeconds));
        expect(seconds).toBeGreaterThanOrEqual(Math.min(settings.watchSecondsMin, leftSeconds));
      }),
      runs,
    );
  });
});
