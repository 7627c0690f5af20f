import { priorities } from '../../../shared/chunk/words.ts';
import type { Priority } from '../../../shared/chunk/words.ts';

/** Chunks of one priority that arrive evenly. */
export interface Stream {
  readonly chunksPerSecond: number;
  /** From submission. */
  readonly deadlineMs: number;
}

/**
 * The numbers of the demo. Workers are emulated so that pools differ in speed while all of it stays
 * below the two cores of a small machine: one chunk costs a core some 150 ms.
 */
export const storySettings = {
  /** Length of the video of a chunk. */
  chunkMs: 4000,
  gpu: { pool: 'gpu-demo', nodesMin: 1, nodesMax: 4, slotsPerNode: 1, slotSpeed: 4 },
  /** Of one node; any currency, only ratios matter. */
  pricePerHour: 3,
  cpu: { workers: 2, slotsPerWorker: 4, slotSpeed: 1 },
  warmUpMs: 12_000,
  burstMs: 30_000,
  /** Between the end of one round and the next burst, where the story goes on. */
  pauseMs: 120_000,
  steady: {
    live: { chunksPerSecond: 0.15, deadlineMs: 8000 },
    standard: { chunksPerSecond: 0.1, deadlineMs: 45_000 },
    bulk: { chunksPerSecond: 0.05, deadlineMs: 120_000 },
  } satisfies Record<Priority, Stream>,
  /** On top of the steady load. */
  burst: {
    live: { chunksPerSecond: 2, deadlineMs: 8000 },
    standard: { chunksPerSecond: 6, deadlineMs: 45_000 },
    bulk: { chunksPerSecond: 0, deadlineMs: 120_000 },
  } satisfies Record<Priority, Stream>,
} as const;

/** `burst`: on top of what goes on anyway. */
export type StoryPart = 'steady' | 'burst';

export interface Arrival {
  /** From the beginning of its part. */
  readonly atMs: number;
  readonly priority: Priority;
  readonly part: StoryPart;
  readonly deadlineMs: number;
}

/** What arrives of one part from `fromMs` up to, not including, `untilMs`, in order. */
export function arrivalsOf(
  part: StoryPart,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): readonly Arrival[] {
  const streams: Readonly<Record<Priority, Stream>> = storySettings[part];
  return priorities
    .flatMap((priority) => {
      const { chunksPerSecond, deadlineMs } = streams[priority];
      if (chunksPerSecond === 0) return [];
      const everyMs = 1000 / chunksPerSecond;
      // In the middle of its interval, so that a part has as many as its length says.
      const first = Math.max(0, Math.ceil(fromMs / everyMs - 0.5));
      const end = Math.max(first, Math.ceil(untilMs / everyMs - 0.5));
      return Array.from({ length: end - first }, (_, index) => {
        const atMs = (first + index + 0.5) * everyMs;
        return { atMs, priority, part, deadlineMs };
      });
    })
    .toSorted((a, b) => a.atMs - b.atMs);
}

/** `live 3.5/s due in 8 s, standard 4.5/s due in 30 s`. */
export function describePart(part: StoryPart): string {
  const streams: Readonly<Record<Priority, Stream>> = storySettings[part];
  return priorities
    .filter((priority) => streams[priority].chunksPerSecond > 0)
    .map((priority) => {
      const { chunksPerSecond, deadlineMs } = streams[priority];
      return `${priority} ${chunksPerSecond}/s due in ${deadlineMs / 1000} s`;
    })
    .join(', ');
}

/** What a person must know to read the figures. */
export const emulationNote =
  'Workers are emulated: each chunk is really decoded and inferred on this machine, then the slot ' +
  `waits until a device of ${storySettings.gpu.slotSpeed}x real time (GPU) or ` +
  `${storySettings.cpu.slotSpeed}x (CPU) would be done. Real GPUs change these speeds, the length of ` +
  'a boot and the price of a node; what is decided, and why, is the same code.';
