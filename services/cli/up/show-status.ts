import type { CommandTools } from '../command-tools.ts';
import type { Progress } from './progress.ts';
import { statusLines } from './status-lines.ts';

const watchedEveryMs = 500;
/** Where nobody watches, the status is a line now and then. */
const unwatchedEveryMs = 5000;

/** Keeps the status below the finished chunks until the returned function is called. */
export function showStatus(progress: Progress, tools: CommandTools): () => void {
  const { clock, terminal } = tools;
  const ended = new AbortController();
  const beganAtMs = clock.monotonicMs();
  const show = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const upMs = clock.monotonicMs() - beganAtMs;
      const lines = statusLines(progress, { upMs, colours: terminal.noteColours });
      if (terminal.isWatched) terminal.show(lines.join('\n'));
      else terminal.note(lines[0] ?? '');
      await clock.sleepMs(terminal.isWatched ? watchedEveryMs : unwatchedEveryMs, ended.signal);
    }
  };
  void show();
  return () => {
    ended.abort();
    terminal.show(null);
  };
}
