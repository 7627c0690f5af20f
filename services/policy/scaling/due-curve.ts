import { dueBoundsMs } from '../../shared/chunk/demand.ts';
import { priorities } from '../../shared/chunk/words.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import type { ArrivalRates } from './arrivals.ts';
import type { ScalingSettings } from './settings.ts';
import type { DemandView, QueueView } from './situation.ts';

/** Horizons are judged up to here, beyond which a bucket says no more. */
const lastBoundMs = 2 * (dueBoundsMs.at(-1) ?? 0);
/** What may arrive is foreseen for this many boots, at least ten minutes: enough to see a lasting load. */
const foreseenBoots = 10;
const foreseenMsMin = 600_000;
/** With this many boots of time, work can wait for a node that is ordered when it is there. */
const patientBoots = 2;

/** What is known of one priority's work. */
export interface PriorityWork {
  readonly queue: QueueView;
  /** Chunks in intake that no dispatcher has read yet. */
  readonly unreadChunks: number;
  readonly chunkMediaMs: number;
  readonly rates: ArrivalRates;
  /** Whether a CPU slot does a chunk in time, and whether there is one. */
  readonly fitsCpu: boolean;
  readonly canUseCpu: boolean;
}

export interface Work {
  readonly ageMs: DemandView['ageMs'];
  readonly priorities: Readonly<Record<Priority, PriorityWork>>;
  /** The longest boot of a pool. */
  readonly bootMs: number;
}

/**
 * How much video must be done by when, cumulated, at ascending horizons from the present. What is
 * late already counts as due one objective later, and not before ordered nodes have had time for it:
 * none can have it done in time, and taken as due at once it would order any number of them.
 */
export interface DueCurve {
  readonly horizonsMs: readonly number[];
  readonly dueMediaMs: readonly number[];
  /** Of it, what CPU workers could do in time, if there were any. */
  readonly cpuDueMediaMs: readonly number[];
}

/**
 * When late work is wanted, whatever it is late for: before a node that is ordered now has been there
 * for one more boot, or for one objective. Nodes are kept for longer than that in any case.
 */
export const lateDueMs = (bootMs: number, objectiveMsMin: number): number =>
  bootMs + Math.max(bootMs, objectiveMsMin);

/** The ends of the demand's buckets as seen from the present, and these others. */
export function horizonsOf(ageMs: number, others: readonly number[]): readonly number[] {
  const bounds = [...dueBoundsMs, lastBoundMs].map((bound) => bound - ageMs);
  const all = new Set([...bounds, ...others].filter((horizon) => horizon > 0));
  return [...all].toSorted((a, b) => a - b);
}

export function dueCurve(
  work: Work,
  horizonsMs: readonly number[],
  settings: ScalingSettings,
): DueCurve {
  const objectiveMsMin = Math.min(...priorities.map((each) => settings.objectiveMs[each]));
  const dueMediaMs = horizonsMs.map(() => 0);
  const cpuDueMediaMs = horizonsMs.map(() => 0);
  for (const priority of priorities) {
    const own = work.priorities[priority];
    const objectiveMs = settings.objectiveMs[priority];
    const lateAtMs = Math.max(objectiveMs, lateDueMs(work.bootMs, objectiveMsMin));
    const queued = queuedBy(own.queue.dueMediaMs, work.ageMs);
    for (const [index, horizonMs] of horizonsMs.entries()) {
      const unread = horizonMs >= objectiveMs ? own.unreadChunks * own.chunkMediaMs : 0;
      const late = horizonMs >= lateAtMs ? queued.lateMediaMs : 0;
      const chunksToCome = chunksFor(own, horizonMs - objectiveMs, {
        settings,
        bootMs: work.bootMs,
        isPatient: objectiveMs >= patientBoots * work.bootMs,
      });
      const due = queued.by(horizonMs) + late + unread + chunksToCome * own.chunkMediaMs;
      dueMediaMs[index] = (dueMediaMs[index] ?? 0) + due;
      if (own.fitsCpu) cpuDueMediaMs[index] = (cpuDueMediaMs[index] ?? 0) + due;
    }
  }
  return { horizonsMs, dueMediaMs, cpuDueMediaMs };
}

/** Within a bucket, work is taken to be due evenly. */
function queuedBy(
  dueMediaMs: readonly number[],
  ageMs: number,
): { readonly lateMediaMs: number; readonly by: (horizonMs: number) => number } {
  let lateMediaMs = 0;
  let total = 0;
  const ends: { readonly atMs: number; readonly total: number }[] = [{ atMs: 0, total: 0 }];
  for (const [index, mediaMs] of dueMediaMs.entries()) {
    const atMs = (dueBoundsMs[index] ?? lastBoundMs) - ageMs;
    if (atMs <= 0) {
      lateMediaMs += mediaMs;
    } else {
      total += mediaMs;
      ends.push({ atMs, total });
    }
  }
  const by = (horizonMs: number): number => {
    const after = ends.findIndex(({ atMs }) => atMs >= horizonMs);
    const end = ends[after];
    const begin = ends[after - 1];
    if (end === undefined) return total;
    if (begin === undefined) return end.total;
    const share = (horizonMs - begin.atMs) / (end.atMs - begin.atMs);
    return begin.total + share * (end.total - begin.total);
  };
  return { lateMediaMs, by };
}

interface Forecast {
  readonly settings: ScalingSettings;
  readonly bootMs: number;
  /** Work that can wait for a node: a burst of it is not taken to go on. */
  readonly isPatient: boolean;
}

function chunksFor({ rates }: PriorityWork, untilMs: number, forecast: Forecast): number {
  if (untilMs <= 0) return 0;
  const { settings, bootMs, isPatient } = forecast;
  const timeMs = Math.min(untilMs, Math.max(foreseenMsMin, foreseenBoots * bootMs));
  const { near, far } = expectedRates(rates, { settings, isPatient });
  const nearMs = Math.min(timeMs, settings.persistenceBoots * bootMs);
  return near * nearMs + far * (timeMs - nearMs);
}

function expectedRates(
  rates: ArrivalRates,
  { settings, isPatient }: Pick<Forecast, 'settings' | 'isPatient'>,
): ArrivalRates {
  if (isPatient) return { near: rates.far, far: rates.far };
  const far = rates.far * (1 + settings.marginFraction);
  return { near: Math.max(rates.near, far), far };
}

/** Media milliseconds that arrive in a millisecond: lately or for long, whichever is more. */
export function arrivingSpeed(work: Work, settings: ScalingSettings): number {
  const speeds = priorities.map((priority) => {
    const { rates, chunkMediaMs } = work.priorities[priority];
    const far = rates.far * (1 + settings.marginFraction);
    return Math.max(rates.near, far) * chunkMediaMs;
  });
  return speeds.reduce((total, speed) => total + speed, 0);
}
