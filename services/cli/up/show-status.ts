import type { CommandTools } from '../command-tools.ts';
import type { Colours } from '../terminal.ts';

/** What is shown while a system runs. */
export interface Screen {
  /** Lines that change in place. */
  readonly lines: (colours: Colours) => readonly string[];
  /** All in one, where nobody watches. */
  readonly line: () => string;
}

const watchedEveryMs = 500;
const unwatchedEveryMs = 5000;

/** Keeps the status below what happened until the returned function is called. */
export function showStatus(screen: Screen, tools: CommandTools): () => void {
  const { clock, terminal } = tools;
  const ended = new AbortController();
  const show = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      if (terminal.isWatched) terminal.show(screen.lines(terminal.noteColours).join('\n'));
      else terminal.note(screen.line());
      await clock.sleepMs(terminal.isWatched ? watchedEveryMs : unwatchedEveryMs, ended.signal);
    }
  };
  void show();
  return () => {
    ended.abort();
    terminal.show(null);
  };
}
