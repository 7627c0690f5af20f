import type { Known } from '../policy/scaling/observation.ts';
import { demandIntervalMs, parseDemand } from '../shared/chunk/demand.ts';
import type { Demand } from '../shared/chunk/demand.ts';
import type { ReadBatch } from '../shared/kafka/ports.ts';

/** What the active dispatcher last told of its demand, in every scaler. */
export interface DemandView {
  apply(batch: ReadBatch): void;
  /** Unknown before the first word, after one that cannot be read, and when the last is too old. */
  read(brokerNowMs: number): Known<Demand>;
}

/** Five words missing in a row: the dispatcher is gone, or this process does not hear it. */
const staleAfterMs = 5 * demandIntervalMs;

export function createDemandView(): DemandView {
  let heard: Known<Demand> = { kind: 'unknown', cause: 'no dispatcher has told its demand yet' };
  let heardAtMs = Number.NEGATIVE_INFINITY;
  return {
    apply({ records }) {
      const record = records.findLast(({ value }) => value !== null);
      if (record === undefined) return;
      const parsed = parseDemand(record.value?.toString('utf8') ?? '');
      if (parsed.ok) {
        heard = { kind: 'known', value: parsed.value };
        // A dispatcher that hung in between sends late what was true before.
        heardAtMs = Math.min(record.timestampMs, parsed.value.publishedAtMs);
      } else {
        const cause = `the demand at offset ${record.offset} cannot be read: ${parsed.problem}`;
        heard = { kind: 'unknown', cause };
      }
    },
    read(brokerNowMs) {
      const ageMs = Math.round(brokerNowMs - heardAtMs);
      if (heard.kind === 'unknown' || ageMs <= staleAfterMs) return heard;
      return { kind: 'unknown', cause: `the last demand is more than ${staleAfterMs} ms old` };
    },
  };
}
