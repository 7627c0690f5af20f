import type { Program } from '../../../services/local/processes/program.ts';
import { formatRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { encodeClip } from '../encoded-clip.ts';
import type { Installation, SubmittedChunk } from './installation.ts';

const framesPerSecond = 10;
const clips = new Map<number, Buffer>();

/** One chunk of so many seconds of video, due within `dueMs` from now. */
export function dueChunk(
  seconds: number,
  dueMs: number,
  more: Partial<SubmittedChunk> = {},
): SubmittedChunk {
  const clip =
    clips.get(seconds) ?? encodeClip({ frames: seconds * framesPerSecond, framesPerSecond });
  clips.set(seconds, clip);
  return {
    value: clip,
    headers: {
      ce_durationms: String(seconds * 1000),
      ce_deadline: formatRfc3339(systemClock.nowMs() + dueMs),
    },
    ...more,
  };
}

/** Starts a worker that really computes and takes as long as its media speed says. */
export function startPaced(
  installation: Installation,
  name: string,
  options: {
    readonly kind: 'gpu' | 'cpu';
    readonly slots?: number;
    /** Media milliseconds per wall millisecond of one slot. */
    readonly speed: number;
  },
): Program {
  return installation.startWorker(name, {
    SPILLWAY_WORKER_KIND: options.kind,
    SPILLWAY_WORKER_SLOTS: String(options.slots ?? 1),
    SPILLWAY_EMULATED_SPEED: String(options.speed),
    SPILLWAY_EMULATED_EXECUTORS: '1',
  });
}
