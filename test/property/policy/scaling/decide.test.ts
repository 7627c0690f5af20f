import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import { describeDecision } from '../../../../services/policy/scaling/describe-decision.ts';
import { emptyMemory, parseMemory } from '../../../../services/policy/scaling/memory.ts';
import type { Memory } from '../../../../services/policy/scaling/memory.ts';
import type { Observation } from '../../../../services/policy/scaling/observation.ts';
import type { ScalingSettings } from '../../../../services/policy/scaling/settings.ts';
import { encodeDecisions, parseDecisions } from '../../../../services/shared/chunk/decision.ts';
import type { Decision } from '../../../../services/shared/chunk/decision.ts';
import { priorities } from '../../../../services/shared/chunk/words.ts';
import {
  beginMs,
  gpuPool,
  nodeOf,
  observationOf,
  scalingSettings,
} from '../../../support/scaling-world/facts.ts';
import type { DueWork } from '../../../support/scaling-world/facts.ts';
import {
  oddNumber,
  oddObservation,
  oddSettings,
  runs,
  usualObservation,
  usualSettings,
} from './observations.ts';

/** A few looks in a row: memory has content, and its parts have met. */
const usualLooks = fc
  .array(usualObservation, { minLength: 1, maxLength: 4 })
  .map((looks) => looks.toSorted((a, b) => a.observedAtMs - b.observedAtMs));

interface Ticked {
  readonly observation: Observation;
  readonly before: Memory;
  readonly decision: Decision;
  readonly memory: Memory;
}

function ticks(looks: readonly Observation[], settings: ScalingSettings): readonly Ticked[] {
  let memory = emptyMemory(beginMs);
  return looks.map((observation) => {
    const before = memory;
    const decided = decide(observation, before, settings);
    memory = decided.memory;
    return { observation, before, decision: decided.decision, memory };
  });
}

function holds(law: (tick: Ticked, settings: ScalingSettings) => boolean): void {
  const property = fc.property(usualLooks, usualSettings, (looks, settings) =>
    ticks(looks, settings).every((tick) => law(tick, settings)),
  );
  fc.assert(property, runs);
}

const copyOf = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

function isSame(tick: Ticked, observation: Observation, settings: ScalingSettings): boolean {
  const again = decide(observation, copyOf(tick.before), settings);
  return JSON.stringify(again) === JSON.stringify({ decision: tick.decision, memory: tick.memory });
}

describe('whatever is seen, deciding', () => {
  it('keeps every size within the limits of its pool', () => {
    holds(({ observation, decision }, { pools }) =>
      decision.pools.every(({ pool, nodesDesired }) => {
        if (observation.pools[pool]?.kind !== 'known') return true;
        const limits = pools.find((each) => each.pool === pool);
        if (limits === undefined) return false;
        return (
          nodesDesired <= limits.nodesMax &&
          nodesDesired >= Math.min(limits.nodesMin, limits.nodesMax)
        );
      }),
    );
  });

  it('moves no size on what it does not know, but into its limits', () => {
    holds(({ observation, decision }, { pools }) => {
      const { intake, demand, workers } = observation;
      const isKnown = [intake, demand, workers].every(({ kind }) => kind === 'known');
      return decision.pools.every(({ pool, nodesDesired, reason }) => {
        const state = observation.pools[pool];
        if (state?.kind !== 'known') return reason !== 'deadline' && reason !== 'surplus';
        const limits = pools.find((each) => each.pool === pool);
        const before = state.value.nodesDesired;
        if (isKnown || limits === undefined) return true;
        const limited = Math.min(limits.nodesMax, Math.max(limits.nodesMin, before));
        return nodesDesired === limited && (nodesDesired !== before || reason.includes('-'));
      });
    });
  });

  it('gives the same decision again from what was recorded, byte for byte', () => {
    holds((tick, settings) => isSame(tick, copyOf(tick.observation), copyOf(settings)));
  });

  it('does not depend on the order of any list', () => {
    holds((tick, settings) => isSame(tick, reversed(tick.observation), settings));
  });

  it('says why in words and in a record that can be read again', () => {
    holds(({ decision, memory }) => {
      const record = encodeDecisions([{ leader: { term: 1, sequence: 1 }, decision }]);
      const lines = describeDecision(decision);
      const read = parseMemory(JSON.stringify(memory));
      return (
        parseDecisions(record).ok &&
        read.ok &&
        JSON.stringify(read.value) === JSON.stringify(memory) &&
        lines.length === decision.pools.length + 1 &&
        lines.every((line) => !/NaN|undefined|null|Infinity/u.test(line))
      );
    });
  });

  it('changes nothing that it was given', () => {
    holds((tick, settings) => {
      const given = JSON.stringify([tick.observation, tick.before, settings]);
      decide(tick.observation, tick.before, settings);
      return JSON.stringify([tick.observation, tick.before, settings]) === given;
    });
  });

  it('is total on numbers that no program should send, and replays them too', () => {
    const looks = fc.array(oddObservation, { minLength: 1, maxLength: 4 });
    const property = fc.property(looks, oddSettings, (odd, settings) =>
      ticks(odd, settings).every((tick) => {
        const record = [{ leader: { term: 1, sequence: 1 }, decision: tick.decision }];
        return (
          isSame(tick, copyOf(tick.observation), copyOf(settings)) &&
          parseDecisions(encodeDecisions(record)).ok &&
          parseMemory(JSON.stringify(tick.memory)).ok
        );
      }),
    );
    fc.assert(property, runs);
  });

  it('is total on any memory that can be read', () => {
    const odd = fc.infiniteStream(oddNumber);
    const property = fc.property(usualLooks, usualSettings, odd, (looks, settings, numbers) => {
      const learned = ticks(looks, settings).at(-1)?.memory ?? emptyMemory(beginMs);
      const json = JSON.stringify(learned, (name, value: unknown) =>
        typeof value === 'number' && name !== 'version' ? numbers.next().value : value,
      );
      const memory = parseMemory(json);
      if (!memory.ok) return true;
      return looks.every((look) => {
        const again = decide(look, memory.value, settings);
        const record = [{ leader: { term: 1, sequence: 1 }, decision: again.decision }];
        return (
          parseDecisions(encodeDecisions(record)).ok && parseMemory(JSON.stringify(again.memory)).ok
        );
      });
    });
    fc.assert(property, runs);
  });
});

function reversed(observation: Observation): Observation {
  const { intake, demand, workers, pools } = observation;
  return {
    ...observation,
    intake: intake.kind === 'known' ? { ...intake, value: intake.value.toReversed() } : intake,
    demand:
      demand.kind === 'known'
        ? {
            ...demand,
            value: { ...demand.value, queues: demand.value.queues.toReversed() },
          }
        : demand,
    workers: workers.kind === 'known' ? { ...workers, value: workers.value.toReversed() } : workers,
    pools: Object.fromEntries(
      Object.entries(pools)
        .toReversed()
        .map(([name, state]) => {
          if (state.kind === 'unknown') return [name, state];
          const nodes = state.value.nodes
            .toReversed()
            .map((node) => ({ ...node, reached: node.reached.toReversed() }));
          return [name, { ...state, value: { ...state.value, nodes } }];
        }),
    ),
  };
}

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
