import { systemClock } from '../../../services/shared/clock/system.ts';

export interface UntilOptions {
  /** Default 30 s. */
  readonly withinMs?: number;
  /** Between two looks, default 100 ms. */
  readonly everyMs?: number;
  /** Ends the wait at once with an error that quotes it; `null`: nothing is wrong. */
  readonly problem?: () => string | null;
}

/**
 * The first answer of `look` that is neither `null` nor `false`: for what other programs do and nobody
 * announces. An error of `look` means "not yet" and is told when time is up.
 *
 * @throws Error naming `what`.
 */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | null | false>,
  options: UntilOptions = {},
): Promise<Found> {
  const { withinMs = 30_000, everyMs = 100, problem = () => null } = options;
  const startedAtMs = systemClock.monotonicMs();
  let lastError: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== null && found !== false) return found;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    const wrong = problem();
    if (wrong !== null) throw new Error(`${what}: ${wrong}`);
    if (systemClock.monotonicMs() - startedAtMs > withinMs) {
      throw new Error(`not within ${withinMs} ms: ${what}`, { cause: lastError });
    }
    await systemClock.sleepMs(everyMs);
  }
}
