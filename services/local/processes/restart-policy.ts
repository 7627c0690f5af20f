import type { ProgramExit } from './program.ts';

const delayMsFirst = 500;
const delayMsMax = 30_000;

/** A run this long was a good one: the next failure counts as the first. */
const goodRunMs = 60_000;

/** Our programs exit with it when their configuration is wrong, which no restart mends. */
const exitCodeConfiguration = 2;

export interface EndedRun {
  readonly exit: ProgramExit;
  readonly ranMs: number;
  /** Failures in a row before this one. */
  readonly failuresBefore: number;
}

export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number; readonly failures: number }
  | { readonly kind: 'give-up'; readonly reason: string };

/**
 * Whether and when to start a program again that ended without having been told to: after 0.5 s,
 * doubling up to 30 s while it keeps failing.
 */
export function decideRestart(run: EndedRun): RestartDecision {
  if (run.exit.kind === 'not-started') return { kind: 'give-up', reason: run.exit.reason };
  if (run.exit.kind === 'exited' && run.exit.code === exitCodeConfiguration) {
    return { kind: 'give-up', reason: 'its configuration is wrong, see its last lines' };
  }
  const failures = run.ranMs >= goodRunMs ? 1 : run.failuresBefore + 1;
  return {
    kind: 'restart',
    failures,
    delayMs: Math.min(delayMsFirst * 2 ** (failures - 1), delayMsMax),
  };
}
