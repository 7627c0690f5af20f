import { heartbeatIntervalMs, parseHeartbeat, workerGoneAfterMs } from '../chunk/fleet.ts';
import type { Heartbeat } from '../chunk/fleet.ts';
import type { ReadBatch } from './ports.ts';

/** A worker as last heard. */
export interface WatchedWorker<Facts> {
  readonly heartbeat: Heartbeat;
  /** What its words mean to this reader; reckoned once for each heartbeat. */
  readonly facts: Facts;
  /** Watched time (see `FleetWatch`) at which it was heard. */
  readonly heardAtWatchedMs: number;
  readonly isGone: boolean;
}

export type FleetEvent =
  | { readonly kind: 'heard'; readonly heartbeat: Heartbeat }
  | { readonly kind: 'left'; readonly worker: string }
  | { readonly kind: 'gone'; readonly worker: string };

/**
 * What the `fleet` topic says, in every process that must know who works. Silence counts against a
 * worker only in *watched* time, which passes while this reader is caught up with the topic: a reader
 * that was itself paused or cut off must not declare everybody dead.
 */
export interface FleetWatch<Facts> {
  /** Applies a batch of the topic, read at `nowMs` (monotonic), and returns what it changed. */
  apply(batch: ReadBatch, nowMs: number): readonly FleetEvent[];
  /** Declares silent workers gone; each is returned once for each time it falls silent. */
  declareGone(): readonly FleetEvent[];
  /** Workers heard since this reader started, the gone ones too until they are forgotten. */
  members(): ReadonlyMap<string, WatchedWorker<Facts>>;
  watchedMs(): number;
  /** Monotonic time asked of the last batch that reached the topic's end; -Infinity before. */
  caughtUpAtMs(): number;
  nextOffset(): number;
}

/** One silent fetch may span this much: the follower answers at least every second. */
const watchedStepMsMax = heartbeatIntervalMs + 500;
/** A gone worker is remembered this long, so that a late word of it still takes its attempt back. */
const forgetAfterWatchedMs = 60_000;

export function createFleetWatch<Facts>(
  factsOf: (heartbeat: Heartbeat) => Facts,
): FleetWatch<Facts> {
  const members = new Map<string, WatchedWorker<Facts>>();
  let watchedMs = 0;
  let caughtUpAtMs = Number.NEGATIVE_INFINITY;
  let caughtUpSeenAtMs: number | null = null;
  let nextOffset = 0;

  const hear = (key: string, value: Buffer | null): FleetEvent | null => {
    if (value === null) {
      return members.delete(key) ? { kind: 'left', worker: key } : null;
    }
    const parsed = parseHeartbeat(value.toString('utf8'));
    if (!parsed.ok || parsed.value.worker !== key) return null;
    const heartbeat = parsed.value;
    const known = members.get(key);
    if (known !== undefined && heartbeat.sequence < known.heartbeat.sequence) return null;
    const facts = factsOf(heartbeat);
    members.set(key, { heartbeat, facts, heardAtWatchedMs: watchedMs, isGone: false });
    return { kind: 'heard', heartbeat };
  };

  return {
    apply(batch, nowMs) {
      if (batch.caughtUp) {
        if (caughtUpSeenAtMs !== null) {
          watchedMs += Math.min(nowMs - caughtUpSeenAtMs, watchedStepMsMax);
        }
        caughtUpSeenAtMs = nowMs;
        caughtUpAtMs = batch.askedAtMs;
      }
      nextOffset = batch.nextOffset;
      return batch.records
        .map((record) => hear(record.key?.toString('utf8') ?? '', record.value))
        .filter((event) => event !== null);
    },
    declareGone() {
      const gone: FleetEvent[] = [];
      for (const [worker, member] of members) {
        const silentMs = watchedMs - member.heardAtWatchedMs;
        if (silentMs > workerGoneAfterMs && !member.isGone) {
          members.set(worker, { ...member, isGone: true });
          gone.push({ kind: 'gone', worker });
        }
        if (silentMs > forgetAfterWatchedMs) members.delete(worker);
      }
      return gone;
    },
    members: () => members,
    watchedMs: () => watchedMs,
    caughtUpAtMs: () => caughtUpAtMs,
    nextOffset: () => nextOffset,
  };
}
