import type { Random } from '../../clock/ports.ts';

/** How hard a reflector tries. All in milliseconds unless named otherwise. */
export interface ReflectorSettings {
  /** Objects in one answer. */
  readonly pageObjects: number;
  /** The server is asked to end each watch after a time drawn from here, so that they do not meet. */
  readonly watchSecondsMin: number;
  readonly watchSecondsMax: number;
  /** Without any word for this long a watch is taken for dead. */
  readonly silenceMsMax: number;
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
  /** A watch that brought word after this long was good: the next failure pauses briefly again. */
  readonly goodWatchMs: number;
  /** Everything is read anew this often, whatever the watches said. */
  readonly relistMs: number;
}

/**
 * Servers send bookmarks every 60 s (kube-apiserver 1.36), but only of kinds that have changed since
 * they started: 90 s of silence mean that a watch is dead, or that nothing happens, and a list tells
 * which. Four minutes are below the five after which load balancers cut what they do not know, and
 * let a rotated token in.
 */
export const reflectorSettings: ReflectorSettings = {
  pageObjects: 500,
  watchSecondsMin: 180,
  watchSecondsMax: 300,
  silenceMsMax: 90_000,
  pauseMsMin: 500,
  pauseMsMax: 30_000,
  goodWatchMs: 10_000,
  relistMs: 600_000,
};

/** How one round of a reflector (perhaps a list, then a watch) ended. */
export interface RoundEnd {
  /**
   * - `ended`: by the server, in order.
   * - `silent`: by us, after `silenceMsMax` without a word.
   * - `expired`: 410.
   * - `broken`: anything else.
   */
  readonly how: 'ended' | 'silent' | 'expired' | 'broken';
  /** From the watch's opening to its last word; `null`: no watch was opened. */
  readonly wordsForMs: number | null;
  /** What the server asked for. */
  readonly retryAfterMs: number | null;
}

/**
 * The pause before the next round, and how many rounds in a row were no good. The pause doubles
 * with each of them and is drawn from the upper half, so that many reflectors spread. A good
 * watch that the server ended in order is followed at once, and so is a silent one: the silence was
 * pause enough, and nobody knows yet whether anything is wrong.
 */
export function nextPause(
  end: RoundEnd,
  context: {
    readonly failures: number;
    readonly settings: ReflectorSettings;
    readonly random: Random;
  },
): { readonly pauseMs: number; readonly failures: number } {
  const { settings, random } = context;
  if (end.how === 'silent') return { pauseMs: 0, failures: context.failures };
  const wasGood = end.wordsForMs !== null && end.wordsForMs >= settings.goodWatchMs;
  if (wasGood && end.how === 'ended') return { pauseMs: 0, failures: 0 };
  const failures = wasGood ? 1 : context.failures + 1;
  const stepMs = Math.min(settings.pauseMsMin * 2 ** (failures - 1), settings.pauseMsMax);
  const pauseMs = stepMs * (0.5 + random.next() / 2);
  return { pauseMs: Math.max(pauseMs, end.retryAfterMs ?? 0), failures };
}

/** How long the next watch is to last: not past the next full list. */
export function watchSeconds(
  sinceListMs: number,
  { settings, random }: { readonly settings: ReflectorSettings; readonly random: Random },
): number {
  const { watchSecondsMin, watchSecondsMax, relistMs } = settings;
  const drawn = watchSecondsMin + random.next() * (watchSecondsMax - watchSecondsMin);
  return Math.max(1, Math.ceil(Math.min(drawn, (relistMs - sinceListMs) / 1000)));
}
