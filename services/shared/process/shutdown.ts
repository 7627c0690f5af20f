import type { Clock } from '../clock/ports.ts';
import type { Logger } from './ports.ts';
import type { Service } from './service.ts';
import type { ProcessConfig } from './settings.ts';

export interface Shutdown {
  readonly clock: Clock;
  readonly log: Logger;
  readonly times: ProcessConfig['shutdown'];
}

/**
 * Stops intake, drains and commits. The drain's signal aborts after `drainMs`. Releasing what
 * is left, commit, close and the end of the probes have a quarter of `closeMs` each, so that none
 * takes the time of the next.
 *
 * @returns whether every step succeeded in its time.
 */
export async function drainService(shutdown: Shutdown, service: Service): Promise<boolean> {
  const { clock, log } = shutdown;
  const { drainMs, closeMs } = shutdown.times;
  const beganAtMs = clock.monotonicMs();
  const leftMs = (limitMs: number): number => beganAtMs + limitMs - clock.monotonicMs();
  const abort = new AbortController();
  const cancel = clock.after(drainMs, () => {
    const message = `Work was still in hand after ${drainMs} ms; it is released for others.`;
    log.warn('drain-cut-short', { message, drainMs });
    abort.abort();
  });
  const isIntakeStopped = await step(shutdown, {
    name: 'stop-intake',
    limitMs: leftMs(drainMs),
    action: () => service.stopIntake(),
  });
  const isDrained = await step(shutdown, {
    name: 'drain',
    limitMs: leftMs(drainMs + closeMs / 4),
    action: () => service.drain(abort.signal),
  });
  cancel();
  const isCommitted = await step(shutdown, {
    name: 'commit',
    limitMs: closeMs / 4,
    action: () => service.commit(),
  });
  return isIntakeStopped && isDrained && isCommitted;
}

export interface Step {
  readonly name: string;
  readonly limitMs: number;
  readonly action: () => Promise<void>;
}

/** Runs one step of the way down; a failed or late one is logged and does not stop the others. */
export async function step(shutdown: Shutdown, { name, limitMs, action }: Step): Promise<boolean> {
  const { clock, log } = shutdown;
  const outcome = await within(clock, limitMs, action);
  switch (outcome.kind) {
    case 'done':
      return true;
    case 'failed':
      log.error('stop-step-failed', {
        message: `${name} failed; the later steps follow all the same, and the exit code is 1.`,
        step: name,
        error: outcome.error,
      });
      return false;
    case 'late':
      log.error('stop-step-late', {
        message: `${name} did not end within ${limitMs} ms and is left behind; the exit code is 1.`,
        step: name,
        limitMs,
      });
      return false;
  }
}

export type Attempt =
  { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: unknown };

export type Outcome = Attempt | { readonly kind: 'late' };

/** Waits for `action`, but no longer than `limitMs`; never rejects. */
export async function within(
  clock: Clock,
  limitMs: number,
  action: () => Promise<void>,
): Promise<Outcome> {
  const done = new AbortController();
  const late = async (): Promise<Outcome> => {
    await clock.sleepMs(Math.max(0, limitMs), done.signal);
    return { kind: 'late' };
  };
  const outcome = await Promise.race([attempt(action), late()]);
  done.abort();
  return outcome;
}

/** The end of `action` as a value, also where it throws before it returns a promise. */
export async function attempt(action: () => Promise<void>): Promise<Attempt> {
  try {
    await action();
    return { kind: 'done' };
  } catch (error) {
    return { kind: 'failed', error };
  }
}
