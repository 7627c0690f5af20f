import type { Clock } from '../../shared/clock/ports.ts';
import type { TopicAdmin } from '../../shared/kafka/ports.ts';
import type { Logger } from '../../shared/process/ports.ts';

/** How long intake keeps what is not settled, as the broker has it, not as it was once planned. */
export interface IntakeRetention {
  /** By topic; without topics that keep records for ever, and empty until the broker has answered. */
  current(): ReadonlyMap<string, number>;
  /** Asks now and every few minutes until `stopped` aborts: an operator may shorten it at any time. */
  keepCurrent(stopped: AbortSignal): Promise<void>;
}

const askEveryMs = 5 * 60_000;
const retryMs = 5000;

export function createIntakeRetention(
  ports: { readonly admin: TopicAdmin; readonly clock: Clock; readonly log: Logger },
  topics: readonly string[],
): IntakeRetention {
  const { admin, clock, log } = ports;
  let current: ReadonlyMap<string, number> = new Map();
  let isKnown = true;
  const ask = async (): Promise<number> => {
    try {
      const told = await admin.retentionMs(topics);
      current = new Map(
        [...told].flatMap(([topic, keptMs]) => (keptMs === null ? [] : [[topic, keptMs]])),
      );
      isKnown = true;
      return askEveryMs;
    } catch (error) {
      if (isKnown) warn(error);
      isKnown = false;
      return retryMs;
    }
  };
  const warn = (error: unknown): void => {
    log.warn('intake-retention-unknown', {
      message:
        'how long intake keeps its records could not be read; what was read last goes on to count, and chunks that wait beyond it may be deleted before they are settled',
      error,
    });
  };
  return {
    current: () => current,
    async keepCurrent(stopped) {
      while (!stopped.aborted) await clock.sleepMs(await ask(), stopped);
    },
  };
}
