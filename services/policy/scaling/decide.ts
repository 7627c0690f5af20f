import type { Decision, PoolDecision, PoolReason } from '../../shared/chunk/decision.ts';
import { priorities } from '../../shared/chunk/words.ts';
import { arrivalRates, arrivalSpans } from './arrivals.ts';
import { longestBootMs } from './boots.ts';
import { holdPool } from './decide-pool.ts';
import { dueCurve, horizonsOf, lateDueMs } from './due-curve.ts';
import type { Work } from './due-curve.ts';
import { arrivalsOf, hasClockJumped, learn, rebased, withAllowedTimes } from './learn.ts';
import type { Memory } from './memory.ts';
import type { Observation } from './observation.ts';
import { capacityOf, outlookOf } from './outlook.ts';
import type { Outlook } from './outlook.ts';
import { mapPriorities, readSettings } from './read-settings.ts';
import type { ScalingSettings } from './settings.ts';
import { readSituation } from './situation.ts';
import type { Situation } from './situation.ts';
import { sizePools } from './size-pools.ts';
import { helpsFromMs } from './sizing.ts';
import { decideGate, strainOf } from './spill-gate.ts';
import type { StrainInput } from './spill-gate.ts';
import { gpuSupply } from './supply.ts';

export interface Decided {
  readonly decision: Decision;
  /** For the next tick, whoever decides it. */
  readonly memory: Memory;
}

/**
 * The size of every pool, the spill gate and the capacity that dispatchers may count on, each with
 * what bound it. Pure and total: any numbers give some decision, equal ones the same, byte for byte.
 * What is not known moves no size; what is known still decides what it can.
 */
export function decide(
  observation: Observation,
  memory: Memory,
  settings: ScalingSettings,
): Decided {
  const given = readSettings(settings);
  const situation = readSituation(observation, given);
  const { nowMs } = situation;
  const hasJumped = hasClockJumped(nowMs, memory);
  const learned = hasJumped ? rebased(memory, nowMs) : learn(situation, memory, given);
  const complete = withAllowedTimes(given, learned);
  const outlook = outlookOf({ situation, memory: learned, settings: complete });
  const judged = judge(situation, { memory: learned, outlook, settings: complete });
  const strain = judged === null ? null : strainOf(judged);
  const gate = decideGate(learned.spill, {
    strain,
    outlook,
    settings: complete,
    nowMs,
    bootMs: longestBootMs(complete.pools, learned.pools),
  });
  const remembered = { ...learned, spill: gate.memory };
  const hold = hasJumped ? 'clock-jumped' : reasonToHold(situation);
  const sized =
    hold !== null || judged === null
      ? {
          pools: outlook.pools.map((pool) => holdPool(pool, hold ?? 'demand-unknown')),
          memory: remembered,
        }
      : sizePools(remembered, { ...judged, settings: complete, nowMs });
  return {
    decision: {
      atMs: nowMs,
      pools: sized.pools,
      spill: gate.spill,
      capacity: situation.fleet === null ? [] : capacityOf(outlook, sized.pools, nowMs),
    },
    memory: withSizes(sized.memory, sized.pools),
  };
}

/** `null`: all that every size depends on is known. */
function reasonToHold({ intake, demand, fleet }: Situation): PoolReason | null {
  if (intake === null) return 'lag-unknown';
  if (demand === null) return 'demand-unknown';
  return fleet === null ? 'fleet-unknown' : null;
}

interface JudgeInput {
  readonly memory: Memory;
  readonly outlook: Outlook;
  readonly settings: ScalingSettings;
}

/** What is due by when, as far as it is known; `null` where it, or who works on it, is not. */
function judge(situation: Situation, input: JudgeInput): StrainInput | null {
  const { outlook, settings } = input;
  const { demand, fleet } = situation;
  if (demand === null || fleet === null) return null;
  const work = workOf({ ...situation, demand }, input);
  const objectiveMsMin = Math.min(...priorities.map((each) => settings.objectiveMs[each]));
  const others = outlook.pools.flatMap(({ bootMs }) => [
    bootMs,
    helpsFromMs(bootMs),
    lateDueMs(bootMs, objectiveMsMin),
  ]);
  const horizonsMs = horizonsOf(demand.ageMs, others);
  const curve = dueCurve(work, horizonsMs, settings);
  const gpu = gpuSupply(outlook, horizonsMs);
  return { outlook, curve, gpu, work, objectiveMsMin, letGo: new Map() };
}

type KnownDemand = Situation & { readonly demand: NonNullable<Situation['demand']> };

function workOf({ nowMs, intake, demand }: KnownDemand, input: JudgeInput): Work {
  const { memory, outlook, settings } = input;
  const bootMs = longestBootMs(settings.pools, memory.pools);
  const spans = arrivalSpans(bootMs);
  const cpuSpeed = outlook.cpuSlots > 0 ? outlook.cpuSlotSpeed : 0;
  return {
    ageMs: demand.ageMs,
    bootMs,
    priorities: mapPriorities((priority) => {
      const queue = demand.queues[priority];
      const lag = intake?.[priority] ?? null;
      const known = arrivalsOf(memory, priority);
      const chunkMediaMs = known.chunkMediaMs ?? settings.mediaMsPrior;
      return {
        queue,
        unreadChunks: Math.max(0, (lag?.chunks ?? 0) - queue.chunks),
        chunkMediaMs,
        rates: arrivalRates(known, { nowMs, spans, lag }),
        canUseCpu: cpuSpeed > 0 && chunkMediaMs / cpuSpeed < settings.objectiveMs[priority],
      };
    }),
  };
}

/** What was decided counts as ordered where a pool cannot be asked. */
function withSizes(memory: Memory, pools: readonly PoolDecision[]): Memory {
  const sizes = new Map(pools.map(({ pool, nodesDesired }) => [pool, nodesDesired]));
  return {
    ...memory,
    pools: memory.pools.map((pool) => ({ ...pool, nodesDesired: sizes.get(pool.pool) ?? null })),
  };
}
