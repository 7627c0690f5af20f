import { partitionKey } from '../../shared/kafka/ports.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import { endEntry } from '../knowledge/entry.ts';
import type { Entry, ExpiryCause } from '../knowledge/entry.ts';
import type { DispatchSettings, TermState } from '../knowledge/term-state.ts';

/** Chunks of one priority that were ended for one cause. */
export interface ExpiredCount {
  readonly priority: Priority;
  readonly cause: ExpiryCause;
  readonly chunks: number;
}

export interface ExpiryRules {
  readonly settings: DispatchSettings;
  /** How long each intake topic keeps a record; topics that keep them for ever are left out. */
  readonly retentionMs: ReadonlyMap<string, number>;
  readonly brokerNowMs: number;
}

/**
 * Ends what has waited too long: past its deadline where its priority says so, or so long that
 * retention would soon delete it, after which nobody could tell what it was. Only what nobody has in
 * hand and no lane holds; called only when all that workers told is known. Returns what was ended.
 */
export function expireWaiting(state: TermState, rules: ExpiryRules): readonly ExpiredCount[] {
  const due: (readonly [Entry, ExpiryCause])[] = [];
  for (const waiting of [state.index.waitingEntries(), state.index.heldBack()]) {
    for (const entry of waiting) {
      const cause = causeOf(entry, rules);
      if (cause !== null) due.push([entry, cause]);
    }
  }
  const counts = new Map<string, ExpiredCount>();
  for (const [entry, cause] of due) {
    expire(entry, cause, rules.brokerNowMs);
    const { priority } = entry.coordinates;
    const chunks = (counts.get(`${priority} ${cause}`)?.chunks ?? 0) + 1;
    counts.set(`${priority} ${cause}`, { priority, cause, chunks });
  }
  return [...counts.values()];
}

function causeOf(entry: Entry, { settings, retentionMs, brokerNowMs }: ExpiryRules) {
  const { chunk, record, coordinates } = entry;
  const keptMs = retentionMs.get(record.topic);
  const ageMs = brokerNowMs - record.timestampMs;
  if (keptMs !== undefined && ageMs > keptMs - retentionMarginMs(keptMs)) return 'retention';
  const expiresLate = settings.late[coordinates.priority] === 'expire';
  if (chunk !== null && expiresLate && brokerNowMs > chunk.deadlineAtMs) return 'deadline';
  return null;
}

/**
 * How long before its deletion a chunk is ended: a tenth of the retention, and a minute at least,
 * for brokers delete by their own clock, and settling takes its time; but never more than half.
 */
export function retentionMarginMs(retentionMs: number): number {
  return Math.min(retentionMs / 2, Math.max(retentionMs / 10, 60_000));
}

function expire(entry: Entry, cause: ExpiryCause, brokerNowMs: number): void {
  const { chunk, record, hasLapsed } = entry;
  const submittedAtMs = chunk?.submittedAtMs ?? record.timestampMs;
  const waitedSeconds = Math.max(0, Math.round((brokerNowMs - submittedAtMs) / 1000));
  const why =
    cause === 'deadline'
      ? `its deadline passed and its priority does not serve what is late`
      : `retention of ${partitionKey(record)} would soon have deleted it unserved`;
  endEntry(entry, {
    kind: 'expired',
    cause,
    waitedIn: hasLapsed ? 'lane' : 'intake',
    message: `submitted at ${formatRfc3339(submittedAtMs)}, waited ${waitedSeconds} s: ${why}`,
  });
}
