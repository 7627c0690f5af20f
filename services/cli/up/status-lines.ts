import { priorities } from '../../shared/chunk/words.ts';
import { describeDetections } from '../outcomes/describe-outcome.ts';
import type { Colours } from '../terminal.ts';
import type { Progress } from './progress.ts';

/** The lines under the finished chunks: how much waits, what was done, who does it. */
export function statusLines(
  progress: Progress,
  { upMs, colours }: { readonly upMs: number; readonly colours: Colours },
): readonly string[] {
  const lag = priorities.map((priority) => {
    const chunks = progress.lag.get(priority) ?? null;
    return `${priority} ${chunks === null ? 'unknown' : chunks}`;
  });
  const done = [
    `${progress.results} results`,
    ...(progress.late > 0 ? [`${progress.late} late`] : []),
    ...(progress.deadLetters > 0 ? [colours.bad(`${progress.deadLetters} dead letters`)] : []),
    ...(progress.expired > 0 ? [colours.bad(`${progress.expired} expired`)] : []),
  ];
  return [
    `${colours.strong(`up ${clockTime(upMs)}`)}  lag ${lag.join(', ')}  done ${done.join(', ')}`,
    `detections  ${describeDetections(progress.detections)}`,
    ...workerLines(progress),
  ];
}

function workerLines({ workers }: Progress): readonly string[] {
  if (workers.size === 0) return ['workers  none yet, models are being loaded'];
  return [...workers.values()]
    .toSorted((a, b) => (a.worker < b.worker ? -1 : 1))
    .map(({ worker, state, inHand, speeds }) => {
      const speed = speeds.map(
        ({ model, speed: each }) => `${model} at ${each.toFixed(1)}x real time`,
      );
      const pace = speed.length === 0 ? 'speed not measured yet' : speed.join(', ');
      return `worker   ${worker}  ${state}, ${inHand.length} in hand, ${pace}`;
    });
}

function clockTime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
