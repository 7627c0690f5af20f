import type { Known } from '../../policy/scaling/observation.ts';
import { directiveKeys, isLater, parseDirective } from '../../shared/chunk/directive.ts';
import type { Directive, LeaderStamp, WorkersWanted } from '../../shared/chunk/directive.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import type { BrokerClock } from '../../shared/clock/broker-clock.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import type { ReadBatch, ReceivedRecord } from '../../shared/kafka/ports.ts';

/** The workers of one published directive; never changed, only replaced. */
export interface WorkersSnapshot {
  readonly leader: LeaderStamp;
  /** Broker time. */
  readonly expiresAtMs: number;
  readonly workers: readonly WorkersWanted[];
}

/**
 * How many workers the leading scaler wants, in every scaler, leading or not: each one reads it where
 * it was published, so that all answer the same.
 */
export interface WorkersView {
  apply(batch: ReadBatch): void;
  /**
   * What holds now, or why nothing does: nothing was published, the last word has expired, or what
   * was published lately may not have been read.
   */
  read(): Known<WorkersSnapshot>;
  /** Whether a snapshot that was read before still holds. */
  isFresh(snapshot: WorkersSnapshot): boolean;
}

/** The broker answers each second; several answers missing in a row are no chance. */
const behindAfterMs = 5000;

export function createWorkersView(clocks: {
  readonly clock: Clock;
  readonly brokerClock: BrokerClock;
}): WorkersView {
  const { clock, brokerClock } = clocks;
  let newest: WorkersSnapshot | null = null;
  let unreadable: string | null = null;
  let caughtUpAtMs = Number.NEGATIVE_INFINITY;
  const note = ({ value, offset }: ReceivedRecord): void => {
    const parsed = parseDirective(value?.toString('utf8') ?? '');
    unreadable = parsed.ok
      ? null
      : `the directive at offset ${offset} cannot be read: ${parsed.problem}`;
    if (!parsed.ok) return;
    if (newest === null || isLater(parsed.value.leader, newest.leader))
      newest = snapshotOf(parsed.value);
  };
  const isFresh = ({ expiresAtMs }: WorkersSnapshot): boolean =>
    brokerClock.isSet() && brokerClock.nowMs() <= expiresAtMs;
  return {
    apply({ records, caughtUp, askedAtMs }) {
      for (const record of records) {
        if (record.key?.toString('utf8') === directiveKeys.directive) note(record);
      }
      if (caughtUp) caughtUpAtMs = askedAtMs;
    },
    read() {
      const cause = unknownCause();
      if (cause !== null) return { kind: 'unknown', cause };
      if (newest === null)
        return unknown('no scaler has published a directive yet; is one leading?');
      if (isFresh(newest)) return { kind: 'known', value: newest };
      const since = formatRfc3339(newest.expiresAtMs);
      return unknown(
        `the last directive expired at ${since}; no scaler leads, or it cannot publish`,
      );
    },
    isFresh,
  };

  function unknownCause(): string | null {
    if (!brokerClock.isSet()) return "the broker's time is not known, so no directive can be dated";
    if (caughtUpAtMs === Number.NEGATIVE_INFINITY)
      return 'the directives were not read to their end yet';
    if (clock.monotonicMs() - caughtUpAtMs > behindAfterMs) {
      return `the end of the directives was not reached for ${behindAfterMs} ms; does Kafka answer?`;
    }
    return unreadable;
  }
}

const unknown = (cause: string): Known<WorkersSnapshot> => ({ kind: 'unknown', cause });

const snapshotOf = ({ leader, expiresAtMs, workers }: Directive): WorkersSnapshot => ({
  leader,
  expiresAtMs,
  workers,
});
