import type { Directive } from '../../../services/shared/chunk/directive.ts';
import { formatRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import type { OutgoingRecord } from '../../../services/shared/kafka/ports.ts';
import { textHeaders } from '../../../services/shared/kafka/record-headers.ts';
import type { PlannedChunk, PlannedDirective } from './options.ts';
import { topics } from './settings.ts';

/** A planned chunk as its producer sends it at its moment. */
export function plannedRecord(planned: PlannedChunk, nowMs: number): OutgoingRecord {
  const { id, priority, nature, computeMs, saysDuration, dueAfterMs } = planned;
  const headers: (readonly [string, string])[] = [
    ['ce_id', id],
    ['ce_source', 'camera'],
  ];
  if (saysDuration) headers.push(['ce_durationms', '2000']);
  if (dueAfterMs !== null) headers.push(['ce_deadline', formatRfc3339(nowMs + dueAfterMs)]);
  return {
    topic: topics.intake(priority),
    key: Buffer.from(id, 'utf8'),
    value: Buffer.from(JSON.stringify({ id, nature, computeMs }), 'utf8'),
    headers: textHeaders(headers),
  };
}

/** A planned directive as the scaler says it at its moment. */
export function plannedDirective(planned: PlannedDirective, nowMs: number): Directive {
  const { term, sequence, lastsMs, rule, slotsReady, slotsComing } = planned;
  const coming = slotsComing === 0 ? [] : [{ atMs: nowMs + 5000, slots: slotsComing }];
  return {
    leader: { term, sequence },
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + lastsMs,
    capacity: [{ pool: 'world', kind: 'gpu', slotsReady, slotSpeed: 1, coming }],
    workers: [],
    spill: {
      gate: rule === 'open' ? 'open' : 'shut',
      reason: rule === 'open' ? 'overload' : rule,
      mediaMsPerMinuteMax: null,
    },
    degradeLevel: 0,
  };
}
