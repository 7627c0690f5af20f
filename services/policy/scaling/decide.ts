import type { Decision, PoolDecision, PoolReason } from '../../shared/chunk/decision.ts';
import type { SpillWord } from '../../shared/chunk/operator.ts';
import { priorities } from '../../shared/chunk/words.ts';
import { arrivalRates, arrivalSpans } from './arrivals.ts';
import { longestBootMs } from './boot-time.ts';
import { holdPool } from './decide-pool.ts';
import { dueCurve, horizonsOf, lateDueMs } from './due-curve.ts';
import type { Work } from './due-curve.ts';
import { arrivalsOf, hasClockJumped, learn, rebased, withAllowedTimes } from './learn.ts';
import type { Memory } from './memory.ts';
import type { Observation } from './observation.ts';
import { capacityOf, outlookOf } from './outlook.ts';
import type { Outlook } from './outlook.ts';
import { saidOf, stillHolds } from './pause.ts';
import { mapPriorities, readSettings } from './read-settings.ts';
import type { ScalingSettings } from './settings.ts';
import { readSituation } from './situation.ts';
import type { Situation } from './situation.ts';
import { sizePools } from './size-pools.ts';
import { sizeWorkers } from './size-workers.ts';
import { helpsFromMs } from './sizing.ts';
import { decideGate, gateHoldMs, strainOf } from './spill-gate.ts';
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
  const word = spillWordOf(situation);
  const allowed = withAllowedTimes(given, learned);
  const complete = word === null ? allowed : { ...allowed, spill: word.spill };
  const outlook = outlookOf({ situation, memory: learned, settings: complete });
  const judged = judge(situation, { memory: learned, outlook, settings: complete });
  const strain = judged === null ? null : strainOf(judged);
  const bootMs = longestBootMs(complete.pools, learned.pools);
  const saidBy = word && saidOf(word);
  const gating = { strain, outlook, settings: complete, saidBy, nowMs, bootMs };
  const gate = decideGate(learned.spill, gating);
  const remembered = { ...learned, spill: gate.memory };
  const hold = reasonToHold(situation, hasJumped);
  const sized =
    hold !== null || judged === null
      ? {
          pools: outlook.pools.map((pool) => holdPool(pool, hold ?? 'demand-unknown')),
          memory: remembered,
        }
      : sizePools(remembered, { ...judged, settings: complete, nowMs });
  const { workers, memory: cpuWorkers } = sizeWorkers(learned.cpuWorkers, {
    outlook,
    pools: sized.pools,
    fleet: situation.fleet,
    spill: gate.spill,
    judged: hold === null ? judged : null,
    settings: complete,
    nowMs,
    holdMs: gateHoldMs(bootMs),
  });
  return {
    decision: {
      atMs: nowMs,
      pools: sized.pools,
      workers,
      spill: gate.spill,
      capacity: situation.fleet === null ? [] : capacityOf(outlook, sized.pools, nowMs),
    },
    memory: { ...withSizes(sized.memory, sized.pools, outlook), cpuWorkers },
  };
}

/** `null`: all that every size depends on is known. */
function reasonToHold(
  { intake, demand, fleet, operator }: Situation,
  hasJumped: boolean,
): PoolReason | null {
  // First of all, since an operator may have said what is beyond the limits.
  if (operator === null) return 'operator-unknown';
  if (hasJumped) return 'clock-jumped';
  if (intake === null) return 'lag-unknown';
  if (demand === null) return 'demand-unknown';
  return fleet === null ? 'fleet-unknown' : null;
}

function spillWordOf({ operator, nowMs }: Situation): SpillWord | null {
  const word = operator?.spill ?? null;
  return word !== null && stillHolds(word, nowMs) ? word : null;
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
  return {
    ageMs: demand.ageMs,
    bootMs,
    priorities: mapPriorities((priority) => {
      const queue = demand.queues[priority];
      const lag = intake?.[priority] ?? null;
      const known = arrivalsOf(memory, priority);
      const chunkMediaMs = known.chunkMediaMs ?? settings.mediaMsPrior;
      const fitsCpu =
        outlook.cpuSlotSpeed > 0 &&
        chunkMediaMs / outlook.cpuSlotSpeed < settings.objectiveMs[priority];
      return {
        queue,
        unreadChunks: Math.max(0, (lag?.chunks ?? 0) - queue.chunks),
        chunkMediaMs,
        rates: arrivalRates(known, { nowMs, spans, lag }),
        fitsCpu,
        canUseCpu: fitsCpu && outlook.cpuSlots > 0,
      };
    }),
  };
}

/** What was decided counts as ordered where a pool cannot be asked. */
function withSizes(memory: Memory, pools: readonly PoolDecision[], outlook: Outlook): Memory {
  const decided = pools.filter((_, index) => outlook.pools[index]?.isSizeKnown === true);
  const sizes = new Map(decided.map(({ pool, nodesDesired }) => [pool, nodesDesired]));
  return {
    ...memory,
    pools: memory.pools.map((pool) => ({ ...pool, nodesDesired: sizes.get(pool.pool) ?? null })),
  };
}
