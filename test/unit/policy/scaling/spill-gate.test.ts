import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import type { Decided } from '../../../../services/policy/scaling/decide.ts';
import { emptyMemory } from '../../../../services/policy/scaling/memory.ts';
import type { Observation } from '../../../../services/policy/scaling/observation.ts';
import type { ScalingSettings } from '../../../../services/policy/scaling/settings.ts';
import {
  beginMs,
  nodeOf,
  observationOf,
  scalingSettings,
  workerOf,
} from '../../../support/scaling-world/facts.ts';
import type { DueWork, Facts } from '../../../support/scaling-world/facts.ts';

/** More live video than one node can do by its deadline in 28 s; a node takes 20 s to boot. */
const burst: readonly DueWork[] = [{ priority: 'live', mediaMs: 400_000, leftMs: 28_000 }];

const first = (observation: Observation, settings = scalingSettings): Decided =>
  decide(observation, emptyMemory(observation.observedAtMs), settings);

describe('the spill gate', () => {
  const gate = (facts: Facts, changes: Partial<ScalingSettings> = {}): string => {
    const { spill } = first(observationOf(facts), { ...scalingSettings, ...changes }).decision;
    return `${spill.gate} ${spill.reason}`;
  };

  it('opens while GPU workers cannot do in time what is due within a boot', () => {
    expect(gate({ loaded: 1, due: burst })).toBe('open overload');
    expect(gate({ loaded: 5, due: burst })).toBe('shut gpu-in-time');
    expect(gate({ loaded: 0 })).toBe('open no-gpu');
  });

  it('counts nodes that come in time, and not those that come too late', () => {
    const due = [{ priority: 'live' as const, mediaMs: 150_000, leftMs: 19_000 }];
    const booting = (agoMs: number): NonNullable<Facts['booting']> =>
      [1, 2, 3].map((index) => nodeOf(`n${index}`, agoMs));
    expect(gate({ loaded: 1, due, booting: booting(18_000) })).toBe('shut gpu-in-time');
    expect(gate({ loaded: 1, due, booting: booting(1000) })).toBe('open overload');
  });

  it('leaves out what CPU workers have already', () => {
    const due = [{ priority: 'live' as const, mediaMs: 130_000, leftMs: 30_000 }];
    const cpu = workerOf('cpu', { kind: 'cpu', pool: 'cpu', slots: 2 });
    const observation = observationOf({ loaded: 1, due, workers: [cpu] });
    const { demand } = observation;
    if (demand.kind === 'unknown') throw new Error('the demand of this test is known');
    const queues = demand.value.queues.map((queue) => ({
      ...queue,
      waitingMediaMs: queue.waitingMediaMs / 2,
      cpuMediaMs: queue.waitingMediaMs / 2,
    }));
    const held = { ...observation, demand: { ...demand, value: { ...demand.value, queues } } };
    expect(first(observation).decision.spill.reason).toBe('overload');
    expect(first(held).decision.spill.reason).toBe('gpu-in-time');
  });

  it('stays open for a short while after the overload', () => {
    const { memory } = first(observationOf({ loaded: 1, due: burst }));
    const after = (ms: number): string =>
      decide(observationOf({ atMs: beginMs + ms, loaded: 1 }), memory, scalingSettings).decision
        .spill.reason;
    expect(after(9000)).toBe('hold');
    expect(after(10_000)).toBe('gpu-in-time');
  });

  it('does what the operator says', () => {
    expect(gate({ loaded: 1, due: burst }, { spill: 'shut' })).toBe('shut operator');
    expect(gate({ loaded: 5 }, { spill: 'open' })).toBe('open operator');
  });
});
