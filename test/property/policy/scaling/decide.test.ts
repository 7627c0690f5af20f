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
import { beginMs } from '../../../support/scaling-world/facts.ts';
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
      decision.pools.every(({ pool, nodesDesired, pausedBy, reason }) => {
        if (observation.pools[pool]?.kind !== 'known') return true;
        // What a person said, or may have said, goes before what was set.
        if (pausedBy !== null || reason === 'operator-unknown') return true;
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
      const { intake, demand, workers, operator } = observation;
      const isKnown = [intake, demand, workers, operator].every(({ kind }) => kind === 'known');
      return decision.pools.every(({ pool, nodesDesired, reason, pausedBy }) => {
        const state = observation.pools[pool];
        if (state?.kind !== 'known') return reason !== 'deadline' && reason !== 'surplus';
        const limits = pools.find((each) => each.pool === pool);
        const before = state.value.nodesDesired;
        if (operator.kind === 'unknown') return nodesDesired === Math.min(before, 1e6);
        if (isKnown || limits === undefined || pausedBy !== null) return true;
        const limited = Math.min(limits.nodesMax, Math.max(limits.nodesMin, before));
        return nodesDesired === limited && (nodesDesired !== before || reason.includes('-'));
      });
    });
  });

  it('moves no size that a person or the pool itself keeps', () => {
    let bound = 0;
    holds(({ observation, decision }) =>
      decision.pools.every(({ pool, nodesDesired, reason }) => {
        const state = observation.pools[pool];
        const { operator, observedAtMs } = observation;
        if (state?.kind !== 'known' || operator.kind !== 'known') return true;
        const words = operator.value;
        const named = Object.hasOwn(words.pools, pool) ? words.pools[pool] : undefined;
        const word = [named, words.everyPool].find(
          (each) => each && (each.untilMs === null || each.untilMs > observedAtMs),
        );
        const pause = word ?? state.value.pause;
        if (pause === null) return reason !== 'paused';
        const { scaleIn, scaleOut, nodes } = pause;
        if (reason === 'paused') bound += 1;
        if (nodes !== null) return nodesDesired === nodes;
        const before = state.value.nodesDesired;
        return !(scaleIn && nodesDesired < before) && !(scaleOut && nodesDesired > before);
      }),
    );
    expect(bound).toBeGreaterThan(20);
  });

  it('wants as many GPU workers as nodes carry, and CPU workers within their limits', () => {
    holds(({ observation, before, decision }, { pools, cpuWorkers }) => {
      const [gpu, cpu] = (['gpu', 'cpu'] as const).map((kind) =>
        decision.workers.filter((each) => each.kind === kind),
      );
      const areAsNodes = (gpu ?? []).every(({ pool, replicas }) => {
        const perNode = pools.find((each) => each.pool === pool)?.workersPerNode ?? -1;
        const nodes = decision.pools.find((each) => each.pool === pool)?.nodesDesired ?? -1;
        return replicas === nodes * perNode;
      });
      const isToldOfAll = decision.pools.every(({ pool }) => {
        const wasKnown = before.pools.some(
          (each) => each.pool === pool && each.nodesDesired !== null,
        );
        const isTold = (gpu ?? []).some((each) => each.pool === pool);
        return isTold === (wasKnown || observation.pools[pool]?.kind === 'known');
      });
      const isCpuBounded = (cpu ?? []).every(({ replicas }) => {
        const { workersMin, workersMax } = cpuWorkers ?? { workersMin: -1, workersMax: -1 };
        return replicas <= workersMax && replicas >= Math.min(workersMin, workersMax);
      });
      return areAsNodes && isToldOfAll && isCpuBounded && (cpu ?? []).length <= 1;
    });
  });

  it('moves no CPU workers on what it does not know, but into their limits', () => {
    holds(({ observation, before, decision }, { cpuWorkers }) => {
      const { intake, demand, workers, operator } = observation;
      const isKnown = [intake, demand, workers, operator].every(({ kind }) => kind === 'known');
      const cpu = decision.workers.find(({ kind }) => kind === 'cpu');
      if (isKnown || cpu === undefined || before.cpuWorkers === null || cpuWorkers === null) {
        return true;
      }
      const { workersMin, workersMax } = cpuWorkers;
      const { replicas } = before.cpuWorkers;
      return cpu.replicas === Math.min(workersMax, Math.max(workersMin, replicas));
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
      const cpuLines = decision.workers.some(({ kind }) => kind === 'cpu') ? 1 : 0;
      const read = parseMemory(JSON.stringify(memory));
      return (
        parseDecisions(record).ok &&
        read.ok &&
        JSON.stringify(read.value) === JSON.stringify(memory) &&
        lines.length === decision.pools.length + 1 + cpuLines &&
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
