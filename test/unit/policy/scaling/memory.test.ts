import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import {
  bootSamplesMax,
  emptyMemory,
  parseMemory,
} from '../../../../services/policy/scaling/memory.ts';
import {
  beginMs,
  nodeOf,
  observationOf,
  scalingSettings,
} from '../../../support/scaling-world/facts.ts';

const observation = observationOf({ loaded: 2, booting: [nodeOf('n1', 5000)] });
const { memory } = decide(observation, emptyMemory(beginMs), scalingSettings);

describe('the memory of a scaler', () => {
  it('is read again as it was written', () => {
    expect(parseMemory(JSON.stringify(memory))).toEqual({ ok: true, value: memory });
    const empty = emptyMemory(beginMs);
    expect(parseMemory(JSON.stringify(empty))).toEqual({ ok: true, value: empty });
  });

  it('of another version is refused, and says which', () => {
    const parsed = parseMemory(JSON.stringify({ ...memory, version: 7 }));
    expect(parsed).toEqual({ ok: false, problem: '$.version must be 2, found 7' });
  });

  it.each(['', '{}', '[]', JSON.stringify({ ...memory, pools: [{ pool: 'gpu' }] })])(
    'is refused where it is none: %j',
    (json) => {
      expect(parseMemory(json).ok).toBe(false);
    },
  );

  it('is no longer than it may be, whoever wrote it, and keeps the newest', () => {
    const bootMs = Array.from({ length: 1000 }, (_, index) => index);
    const pools = memory.pools.map((pool) => ({ ...pool, bootMs }));
    const parsed = parseMemory(JSON.stringify({ ...memory, pools }));
    const kept = parsed.ok ? (parsed.value.pools[0]?.bootMs ?? []) : [];
    expect(kept).toHaveLength(bootSamplesMax);
    expect(kept.at(-1)).toBe(999);
  });
});
