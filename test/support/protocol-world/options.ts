import { priorities } from '../../../services/shared/chunk/words.ts';
import type { Priority, WorkerKind } from '../../../services/shared/chunk/words.ts';
import { lateRules } from '../../../services/dispatcher/knowledge/term-state.ts';
import type { LateRule } from '../../../services/dispatcher/knowledge/term-state.ts';
import { seededRandom } from '../../../services/shared/clock/manual.ts';
import type { Random } from '../../../services/shared/clock/ports.ts';

/** What becomes of whoever computes the chunk. */
export type ChunkNature = 'healthy' | 'kills-worker' | 'kills-executor' | 'bad';

export interface PlannedChunk {
  readonly atMs: number;
  readonly id: string;
  readonly priority: Priority;
  readonly nature: ChunkNature;
  /** Time that computing it takes, give or take a fifth. */
  readonly computeMs: number;
  readonly saysDuration: boolean;
  /** From its sending to its deadline; `null`: its priority's objective. */
  readonly dueAfterMs: number | null;
  /** How its producer writes: plainly, or in a transaction, which leaves a marker behind it. */
  readonly producer: 'plain' | 'commits' | 'aborts';
}

const faultKinds = [
  'kill-worker',
  'pause-worker',
  'cut-off-worker',
  'lossy-worker',
  'slow-worker',
  'join-worker',
  'drain-worker',
  'kill-executors',
  'rebalance-workers',
  'kill-dispatcher',
  'pause-dispatcher',
  'cut-off-dispatcher',
  'kill-active',
  'pause-active',
  'pause-active-settling',
  'cut-off-active',
  'lossy-active',
  'slow-active',
  'rebalance-dispatchers',
  'restart-dispatchers',
  'settle-fails-before',
  'settle-fails-open',
  'settle-fails-after',
  'fleet-stalls',
  'intake-stalls',
  'take-over-without-outcomes',
  'wall-clock-jumps',
  'retention',
] as const;
type FaultKind = (typeof faultKinds)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly atMs: number;
  /** Chooses among those it can hit. */
  readonly target: number;
  readonly durationMs: number;
}

/** What a scaler says at some moment; the sequence counts from 1 within a leader's term. */
export interface PlannedDirective {
  readonly atMs: number;
  readonly lastsMs: number;
  readonly term: number;
  readonly sequence: number;
  readonly rule: 'open' | 'gpu-in-time' | 'operator';
  /** GPU slots said to be ready, and to come, whoever is there. */
  readonly slotsReady: number;
  readonly slotsComing: number;
}

export interface WorldOptions {
  readonly seed: number;
  readonly workers: readonly { readonly kind: WorkerKind; readonly slots: number }[];
  readonly dispatchers: number;
  readonly partitions: number;
  readonly windowBytesMax: number;
  readonly late: Readonly<Record<Priority, LateRule>>;
  readonly chunks: readonly PlannedChunk[];
  readonly directives: readonly PlannedDirective[];
  readonly faults: readonly PlannedFault[];
}

/** From here on nothing fails, and everything must come to its end. */
export const faultsEndAtMs = 30_000;

const faultsOften: readonly FaultKind[] = [
  'kill-worker',
  'pause-worker',
  'kill-active',
  'pause-active-settling',
];

export function drawOptions(seed: number): WorldOptions {
  const random = seededRandom(seed);
  return {
    seed,
    workers: times(whole(random, 1, 4), () => ({
      kind: chance(random, 0.4) ? 'cpu' : 'gpu',
      slots: whole(random, 1, 2),
    })),
    dispatchers: whole(random, 2, 3),
    partitions: whole(random, 1, 3),
    windowBytesMax: pick(random, [600, 3000, 1_000_000]),
    late: {
      live: pick(random, lateRules),
      standard: pick(random, lateRules),
      bulk: pick(random, lateRules),
    },
    chunks: drawChunks(random),
    directives: drawDirectives(random),
    faults: drawFaults(random),
  };
}

function drawChunks(random: Random): readonly PlannedChunk[] {
  const burstMs = pick(random, [500, 12_000, 25_000]);
  const planned = times(whole(random, 2, 18), (number) => ({
    atMs: between(random, 0, burstMs),
    id: `chunk-${number}`,
    priority: pick(random, priorities),
    nature: drawNature(random),
    computeMs: drawComputeMs(random),
    saysDuration: chance(random, 0.5),
    dueAfterMs: chance(random, 0.5) ? between(random, 0, 25_000) : null,
    producer: drawProducer(random),
  }));
  const twins = planned
    .filter(() => chance(random, 0.35))
    .map((chunk) => ({
      ...chunk,
      atMs: chunk.atMs + pick(random, [0, 10, 1000, 6000, 12_000]),
      priority: pick(random, priorities),
    }));
  return [...planned, ...twins].toSorted((a, b) => a.atMs - b.atMs);
}

/** Mostly less than a chunk may wait in its lane, sometimes much more. */
function drawComputeMs(random: Random): number {
  const drawn = random.next();
  return Math.round(drawn < 0.8 ? 100 + drawn * 4000 : 4000 + (drawn - 0.8) * 30_000);
}

function drawNature(random: Random): ChunkNature {
  const drawn = random.next();
  if (drawn < 0.76) return 'healthy';
  if (drawn < 0.84) return 'kills-worker';
  return drawn < 0.92 ? 'kills-executor' : 'bad';
}

function drawProducer(random: Random): PlannedChunk['producer'] {
  if (chance(random, 0.8)) return 'plain';
  return chance(random, 0.8) ? 'commits' : 'aborts';
}

/** Now and then a leader speaks that another one has followed. */
function drawDirectives(random: Random): readonly PlannedDirective[] {
  const planned = times(pick(random, [0, 2, 6]), (number) => ({
    atMs: between(random, 0, faultsEndAtMs),
    lastsMs: pick(random, [1000, 5000, 15_000]),
    term: pick(random, [1, 2, 2]),
    sequence: number + 1,
    rule: pick(random, ['open', 'gpu-in-time', 'operator'] as const),
    slotsReady: whole(random, 0, 3),
    slotsComing: whole(random, 0, 2),
  }));
  return planned.toSorted((a, b) => a.atMs - b.atMs);
}

function drawFaults(random: Random): readonly PlannedFault[] {
  const kinds = [...faultKinds, ...faultsOften, ...faultsOften];
  const planned = times(pick(random, [0, 1, 1, 2, 3, 4, 6, 9]), () => ({
    kind: pick(random, kinds),
    atMs: between(random, 500, faultsEndAtMs),
    target: whole(random, 0, 5),
    durationMs: pick(random, [500, 2000, 4000, 7000, 8000, 11_000]),
  }));
  return planned.toSorted((a, b) => a.atMs - b.atMs);
}

export const chance = (random: Random, probability: number): boolean => random.next() < probability;

export const between = (random: Random, from: number, to: number): number =>
  Math.round(from + random.next() * (to - from));

const whole = (random: Random, from: number, to: number): number =>
  from + Math.floor(random.next() * (to - from + 1));

export function pick<T>(random: Random, choices: readonly T[]): T {
  const chosen = choices[Math.floor(random.next() * choices.length)];
  if (chosen === undefined) throw new RangeError('There is nothing to choose from.');
  return chosen;
}

const times = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, number) => make(number));
