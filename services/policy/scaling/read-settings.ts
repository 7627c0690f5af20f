import { priorities } from '../../shared/chunk/words.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import { bounded, wholeNumber } from './bounded.ts';
import type { CpuWorkerSettings, PoolSettings, ScalingSettings } from './settings.ts';

const nodesLimit = 100_000;
const workersLimit = 1000;
const longestMs = 1e10;
const fastest = 1e6;

/**
 * The same settings with every number where the arithmetic can bear it. Where the least is above the
 * most, the most holds. Of two pools with one name the first counts.
 */
export function readSettings(settings: ScalingSettings): ScalingSettings {
  const named = new Map(settings.pools.toReversed().map((pool) => [pool.pool, pool]));
  return {
    pools: settings.pools.filter((pool) => named.get(pool.pool) === pool).map(readPool),
    cpuWorkers: settings.cpuWorkers === null ? null : readCpuWorkers(settings.cpuWorkers),
    cpuSlotSpeedPrior: bounded(settings.cpuSlotSpeedPrior, 0, fastest),
    objectiveMs: mapPriorities((each) => bounded(settings.objectiveMs[each], 1, longestMs)),
    mediaMsPrior: bounded(settings.mediaMsPrior, 1, longestMs),
    holdBoots: bounded(settings.holdBoots, 0, 1000),
    marginFraction: bounded(settings.marginFraction, 0, 100),
    persistenceBoots: bounded(settings.persistenceBoots, 0, 1000),
    backOffMs: bounded(settings.backOffMs, 0, longestMs),
    spill: settings.spill,
  };
}

function readPool(pool: PoolSettings): PoolSettings {
  const nodesMax = wholeNumber(pool.nodesMax, nodesLimit);
  return {
    pool: pool.pool,
    nodesMin: Math.min(nodesMax, wholeNumber(pool.nodesMin, nodesLimit)),
    nodesMax,
    pricePerHour: bounded(pool.pricePerHour, 0, longestMs),
    slotsPerNode: wholeNumber(pool.slotsPerNode, 10_000),
    bootMsPrior: bounded(pool.bootMsPrior, 1, longestMs),
    slotSpeedPrior: bounded(pool.slotSpeedPrior, 0, fastest),
    workersPerNode: wholeNumber(pool.workersPerNode, workersLimit),
    launchMsPrior: bounded(pool.launchMsPrior, 1, longestMs),
  };
}

function readCpuWorkers(given: CpuWorkerSettings): CpuWorkerSettings {
  const workersMax = wholeNumber(given.workersMax, nodesLimit);
  return {
    workersMin: Math.min(workersMax, wholeNumber(given.workersMin, nodesLimit)),
    workersMax,
    slotsPerWorker: wholeNumber(given.slotsPerWorker, 10_000),
  };
}

export function mapPriorities<Value>(
  value: (priority: Priority) => Value,
): Readonly<Record<Priority, Value>> {
  const [live, standard, bulk] = priorities;
  return { live: value(live), standard: value(standard), bulk: value(bulk) };
}
