import * as fc from 'fast-check';
import type { Observation } from '../../../../services/policy/scaling/observation.ts';
import type { ScalingSettings } from '../../../../services/policy/scaling/settings.ts';
import { dueBoundsMs } from '../../../../services/shared/chunk/demand.ts';
import { workerStates } from '../../../../services/shared/chunk/fleet.ts';
import { nodePhases } from '../../../../services/shared/chunk/node-pools.ts';
import { priorities, workerKinds } from '../../../../services/shared/chunk/words.ts';
import { beginMs, demandOf } from '../../../support/scaling-world/facts.ts';

/** Printed with any failure; another one is tried by changing it here. */
export const runs = { seed: 20_261_123, numRuns: 150 } as const;

/** Names of pools, among them ones that an object has of its own. */
const poolNames = ['gpu', 'spot', '__proto__', 'toString'] as const;
const nodeNames = ['n1', 'n2', 'n3', 'n4', 'n5'] as const;

/** Any number that TypeScript lets through. */
export const oddNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, 2 ** 53),
);
const usualMs = fc.integer({ min: 0, max: 4_000_000 });

interface Numbers {
  readonly count: fc.Arbitrary<number>;
  readonly ms: fc.Arbitrary<number>;
  readonly atMs: fc.Arbitrary<number>;
  readonly speed: fc.Arbitrary<number>;
}

const usualNumbers: Numbers = {
  count: fc.integer({ min: 0, max: 20 }),
  ms: usualMs,
  atMs: fc.integer({ min: beginMs, max: beginMs + 60_000 }),
  speed: fc.double({ min: 0.1, max: 50, noNaN: true }),
};
const oddNumbers: Numbers = { count: oddNumber, ms: oddNumber, atMs: oddNumber, speed: oddNumber };

const knownOr = <Value>(
  value: fc.Arbitrary<Value>,
): fc.Arbitrary<
  { readonly kind: 'known'; readonly value: Value } | { kind: 'unknown'; cause: string }
> =>
  fc.oneof(
    { weight: 8, arbitrary: value.map((each) => ({ kind: 'known' as const, value: each })) },
    { weight: 1, arbitrary: fc.constant({ kind: 'unknown' as const, cause: 'nobody answers' }) },
  );

function observations(numbers: Numbers): fc.Arbitrary<Observation> {
  const { count, ms, atMs, speed } = numbers;
  const lag = fc.record({ priority: fc.constantFrom(...priorities), chunks: count, logEnd: ms });
  const queue = fc.record({
    priority: fc.constantFrom(...priorities),
    model: fc.constantFrom(null, 'demo'),
    waitingChunks: count,
    waitingMediaMs: ms,
    gpuChunks: count,
    gpuMediaMs: ms,
    cpuChunks: count,
    cpuMediaMs: ms,
    oldestSubmittedAtMs: fc.option(atMs),
    dueMediaMs: fc.array(ms, { maxLength: dueBoundsMs.length + 3 }),
  });
  const demand = fc
    .record({ queues: fc.array(queue, { maxLength: 6 }), publishedAtMs: atMs })
    .map((facts) => ({ ...demandOf([], beginMs), ...facts }));
  const worker = fc.record({
    worker: fc.constantFrom('w1', 'w2', 'w3', 'w4'),
    kind: fc.constantFrom(...workerKinds),
    pool: fc.constantFrom(...poolNames, 'cpu'),
    node: fc.option(fc.constantFrom(...nodeNames)),
    state: fc.constantFrom(...workerStates),
    emulated: fc.boolean(),
    slots: count,
    speeds: fc.array(fc.record({ model: fc.constant('demo'), speed }), { maxLength: 2 }),
    models: fc.constant([]),
    inHandChunks: count,
  });
  const reached = fc.record({ phase: fc.constantFrom(...nodePhases), agoMs: ms });
  const node = fc.record({
    node: fc.constantFrom(...nodeNames),
    phase: fc.constantFrom(...nodePhases),
    reached: fc.array(reached, { maxLength: 4 }),
  });
  const pause = { scaleIn: fc.boolean(), scaleOut: fc.boolean(), nodes: fc.option(count) };
  const pool = fc.record({
    nodesDesired: count,
    nodes: fc.array(node, { maxLength: 6 }),
    problem: fc.option(fc.constant('no capacity')),
    pause: fc.option(fc.record(pause), { freq: 2 }),
  });
  const word = { by: fc.constant('anna'), atMs, untilMs: fc.option(atMs), note: fc.constant(null) };
  const pauseWord = fc.record({ ...word, ...pause });
  const operator = fc.record({
    spill: fc.option(fc.record({ ...word, spill: fc.constantFrom('open', 'shut') }), { freq: 1 }),
    everyPool: fc.option(pauseWord, { freq: 1 }),
    pools: fc.dictionary(fc.constantFrom(...poolNames), pauseWord, { maxKeys: 1 }),
  });
  const pools = fc
    .array(knownOr(pool), { minLength: poolNames.length, maxLength: poolNames.length })
    .map((states) =>
      Object.fromEntries(
        poolNames.map((name, index) => {
          const state = states[index] ?? { kind: 'unknown' as const, cause: 'none' };
          if (state.kind === 'unknown') return [name, state];
          return [name, { kind: 'known' as const, value: { pool: name, ...state.value } }];
        }),
      ),
    );
  return fc.record({
    observedAtMs: atMs,
    intake: knownOr(fc.array(lag, { maxLength: 5 })),
    demand: knownOr(demand),
    workers: knownOr(fc.array(worker, { maxLength: 8 })),
    pools,
    operator: knownOr(operator),
  });
}

function settingsWith({ count, ms, speed }: Numbers): fc.Arbitrary<ScalingSettings> {
  const pool = fc.record({
    pool: fc.constantFrom(...poolNames),
    nodesMin: count,
    nodesMax: count,
    pricePerHour: count,
    slotsPerNode: count,
    bootMsPrior: ms,
    slotSpeedPrior: speed,
    workersPerNode: count,
    launchMsPrior: ms,
  });
  const cpuWorkers = fc.record({ workersMin: count, workersMax: count, slotsPerWorker: count });
  return fc.record({
    pools: fc.uniqueArray(pool, { maxLength: 3, selector: (each) => each.pool }),
    cpuWorkers: fc.option(cpuWorkers),
    cpuSlotSpeedPrior: speed,
    objectiveMs: fc.record({ live: ms, standard: ms, bulk: ms }),
    mediaMsPrior: ms,
    holdBoots: count,
    marginFraction: speed,
    persistenceBoots: speed,
    backOffMs: ms,
    spill: fc.constantFrom('auto' as const, 'open' as const, 'shut' as const),
  });
}

export const usualObservation = observations(usualNumbers);
export const oddObservation = observations(oddNumbers);
export const usualSettings = settingsWith(usualNumbers);
export const oddSettings = settingsWith(oddNumbers);
