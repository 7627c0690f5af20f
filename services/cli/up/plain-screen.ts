import { describeDetections } from '../outcomes/describe-outcome.ts';
import { span } from '../system-view/spans.ts';
import type { SystemView } from '../system-view/system-view.ts';
import { viewLines } from '../system-view/view-lines.ts';
import type { Colours } from '../terminal.ts';
import type { Progress } from './progress.ts';

export interface PlainScreen {
  readonly view: SystemView;
  readonly progress: Progress;
  /** Since the system was started. */
  readonly upMs: number;
}

/** What is shown of a system that waits for a person's own video. */
export function plainLines(screen: PlainScreen, colours: Colours): readonly string[] {
  const { view, progress } = screen;
  return [
    colours.strong(plainLine(screen)),
    `detections  ${describeDetections(progress.detections)}`,
    ...viewLines(view, colours),
  ];
}

export function plainLine({ view, progress, upMs }: PlainScreen): string {
  const lag = view.priorities.map(
    ({ priority, lagChunks }) => `${priority} ${lagChunks ?? 'unknown'}`,
  );
  const { results, late, deadLetters, expired } = progress;
  const done = [
    `${results} results`,
    ...(late > 0 ? [`${late} late`] : []),
    ...(deadLetters > 0 ? [`${deadLetters} dead letters`] : []),
    ...(expired > 0 ? [`${expired} expired`] : []),
  ];
  return `up ${span(upMs)}  lag ${lag.join(', ')}  done ${done.join(', ')}`;
}
