import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import { emptyMemory } from '../../../../services/policy/scaling/memory.ts';
import type { Observation } from '../../../../services/policy/scaling/observation.ts';
import { priorities } from '../../../../services/shared/chunk/words.ts';
import {
  gpuPool,
  nodeOf,
  observationOf,
  scalingSettings,
} from '../../../support/scaling-world/facts.ts';
import type { DueWork } from '../../../support/scaling-world/facts.ts';
import { runs } from './observations.ts';

describe('more work', () => {
  const dueWork: fc.Arbitrary<DueWork> = fc.record({
    priority: fc.constantFrom(...priorities),
    mediaMs: fc.integer({ min: 1, max: 200 }).map((chunks) => chunks * 4000),
    leftMs: fc.integer({ min: -20_000, max: 4_000_000 }),
  });
  const facts = fc.record({
    due: fc.array(dueWork, { maxLength: 8 }),
    loaded: fc.integer({ min: 0, max: 8 }),
    booting: fc
      .array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 3 })
      .map((agos) => agos.map((agoMs, index) => nodeOf(`booting-${index}`, agoMs))),
  });
  const settings = { ...scalingSettings, holdBoots: 0, pools: [{ ...gpuPool, nodesMax: 40 }] };

  const nodesFor = (observation: Observation): number => {
    // Watched for a minute before, with nothing to do: it may also let nodes go.
    const quiet = observationOf({ atMs: observation.observedAtMs - 1000 });
    const { memory } = decide(quiet, emptyMemory(quiet.observedAtMs), settings);
    return decide(observation, memory, settings).decision.pools[0]?.nodesDesired ?? -1;
  };

  it('never gives fewer nodes, wherever it is due', () => {
    const property = fc.property(facts, dueWork, (base, more) => {
      const fewer = nodesFor(observationOf(base));
      return nodesFor(observationOf({ ...base, due: [...base.due, more] })) >= fewer;
    });
    fc.assert(property, { ...runs, numRuns: 1500 });
  });

  it('never gives fewer CPU workers, wherever it is due', () => {
    const cpuWorkers = { workersMin: 0, workersMax: 1000, slotsPerWorker: 2 };
    const workersFor = (observation: Observation): number => {
      const memory = emptyMemory(observation.observedAtMs);
      const { decision } = decide(observation, memory, { ...settings, cpuWorkers });
      return decision.workers.find(({ kind }) => kind === 'cpu')?.replicas ?? -1;
    };
    const seen = new Set<number>();
    const property = fc.property(facts, dueWork, (base, more) => {
      const fewer = workersFor(observationOf(base));
      seen.add(fewer);
      return (
        fewer >= 0 && workersFor(observationOf({ ...base, due: [...base.due, more] })) >= fewer
      );
    });
    fc.assert(property, { ...runs, numRuns: 1000 });
    expect(seen.size).toBeGreaterThan(10);
  });

  it('never gives fewer nodes when nobody has read it yet', () => {
    const chunks = fc.integer({ min: 1, max: 5000 });
    const property = fc.property(facts, chunks, fc.nat({ max: 2 }), (base, unread, index) => {
      const observation = observationOf(base);
      const { intake } = observation;
      if (intake.kind === 'unknown') return false;
      const value = intake.value.map((lag, each) =>
        each === index ? { ...lag, chunks: lag.chunks + unread } : lag,
      );
      const lagging = { ...observation, intake: { kind: 'known' as const, value } };
      return nodesFor(lagging) >= nodesFor(observation);
    });
    fc.assert(property, { ...runs, numRuns: 1500 });
  });

  it('does give more and fewer nodes, so that these laws say something', () => {
    const due = [{ priority: 'live' as const, mediaMs: 800_000, leftMs: 28_000 }];
    expect(nodesFor(observationOf({ loaded: 2 }))).toBe(0);
    expect(nodesFor(observationOf({ loaded: 2, due }))).toBeGreaterThan(2);
  });
});
