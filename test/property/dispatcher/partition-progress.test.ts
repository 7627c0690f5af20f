import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePartitionProgress,
  finish,
  isFinished,
  readTo,
  startProgress,
} from '../../../services/dispatcher/settling/partition-progress.ts';
import { decodeProgress, progressSpanMax } from '../../../services/shared/chunk/progress.ts';
import { runs } from '../chunk/seed.ts';

/** What happens to a partition: some offsets are read, some of the chunks among them end. */
type Event =
  | { readonly kind: 'read'; readonly length: number; readonly emptyEvery: number }
  | { readonly kind: 'settle'; readonly picks: readonly number[] };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant('read' as const),
    length: fc.integer({ min: 1, max: 90 }),
    emptyEvery: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constant('settle' as const),
    picks: fc.array(fc.nat({ max: 5000 }), { maxLength: 60 }),
  }),
);

describe('progress within a partition', () => {
  it('is what a plain set of offsets says, whatever is read and settled in whatever order', () => {
    const start = fc.record({
      base: fc.integer({ min: 0, max: 1_000_000 }),
      above: fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 40 }),
    });
    fc.assert(
      fc.property(start, fc.array(event, { maxLength: 40 }), ({ base, above }, events) => {
        const done = new Set(above.map((distance) => base + distance));
        const settledAbove = new Set(done);
        const committed = { base, settledAbove, failedAttempts: new Map() };
        let progress = startProgress({ topic: 'intake', partition: 0 }, committed);
        let position = base;
        const open = new Set<number>();
        for (const each of events) {
          if (each.kind === 'read') {
            const recordOffsets = new Set<number>();
            const nextOffset = position + each.length;
            for (let offset = position; offset < nextOffset; offset += 1) {
              if (done.has(offset)) continue;
              if (offset % each.emptyEvery === 0) done.add(offset);
              else recordOffsets.add(offset);
            }
            for (const offset of recordOffsets) open.add(offset);
            progress = readTo(progress, { nextOffset, recordOffsets });
            position = nextOffset;
          } else {
            const waiting = [...open];
            const ended = new Set(each.picks.flatMap((pick) => waiting[pick] ?? []));
            for (const offset of ended) {
              open.delete(offset);
              done.add(offset);
            }
            progress = finish(progress, [...ended]);
          }
          let lowest = base;
          while (lowest < position && done.has(lowest)) lowest += 1;
          const settled = finish(progress, []);
          expect(settled.base).toBe(lowest);
          expect(settled.position).toBe(position);
          for (let offset = base; offset < position + 250; offset += 1) {
            expect(isFinished(settled, offset)).toBe(done.has(offset));
          }
          const { metadata } = encodePartitionProgress(settled, new Map());
          const inSpan = [...done].filter(
            (offset) => offset > lowest && offset <= lowest + progressSpanMax,
          );
          expect(decodeProgress(lowest, metadata)?.settledAbove).toEqual(
            new Set(inSpan.toSorted((a, b) => a - b)),
          );
        }
      }),
      { ...runs, numRuns: 100 },
    );
  });
});
