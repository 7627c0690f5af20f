import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeDone, parseDone } from '../../../services/shared/chunk/done-record.ts';
import { encodeHeartbeat, parseHeartbeat } from '../../../services/shared/chunk/fleet.ts';
import { encodeLaneOrder, parseLaneOrder } from '../../../services/shared/chunk/lane-record.ts';
import { sizeLimits } from '../../../services/shared/chunk/limits.ts';
import { joinResult, resultHead } from '../../../services/shared/chunk/result.ts';
import { anyChunk, anyDone, anyHeartbeat, anyLaneOrder, anyResultBody } from './records.ts';
import { runs, wellFormedText, writableMs } from './seed.ts';

/** Text that is JSON, nearly JSON, or neither. */
const anyText = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), wellFormedText);

describe('a lane order', () => {
  it('survives the way through its header', () => {
    fc.assert(
      fc.property(anyLaneOrder, (order) => {
        expect(parseLaneOrder(encodeLaneOrder(order))).toEqual({ ok: true, value: order });
      }),
      runs,
    );
  });
});

describe('a done record', () => {
  it('survives the way through its header', () => {
    fc.assert(
      fc.property(anyDone, (done) => {
        expect(parseDone(encodeDone(done))).toEqual({ ok: true, value: done });
      }),
      runs,
    );
  });
});

describe('a heartbeat', () => {
  it('survives the way through its record', () => {
    fc.assert(
      fc.property(anyHeartbeat, (heartbeat) => {
        expect(parseHeartbeat(encodeHeartbeat(heartbeat))).toEqual({ ok: true, value: heartbeat });
      }),
      runs,
    );
  });
});

describe('all readers of records', () => {
  it('are total: any text is a value or a problem in words', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const parse of [parseLaneOrder, parseDone, parseHeartbeat]) {
          const parsed = parse(text);
          if (!parsed.ok) expect(parsed.problem.length).toBeGreaterThan(0);
        }
      }),
      { ...runs, numRuns: 2000 },
    );
  });

  it('follow a newer writer: fields they do not know change nothing', () => {
    fc.assert(
      fc.property(anyLaneOrder, fc.jsonValue(), (order, extra) => {
        const known: unknown = JSON.parse(encodeLaneOrder(order));
        const newer = JSON.stringify({ ...Object(known), extraField: extra });
        expect(parseLaneOrder(newer)).toEqual({ ok: true, value: order });
      }),
      runs,
    );
  });
});

describe('joining a result', () => {
  it('gives the JSON of head and body together', () => {
    fc.assert(
      fc.property(anyChunk, writableMs, anyResultBody, (chunk, finishedAtMs, body) => {
        const head = resultHead(chunk, finishedAtMs);
        expect(JSON.parse(joinResult(head, JSON.stringify(body)))).toEqual({ ...head, ...body });
      }),
      runs,
    );
  });

  it('gives JSON for any object and any way of writing it, an empty one included', () => {
    const key = fc.string().map((name) => `x-${name}`);
    const body = fc.dictionary(key, fc.jsonValue());
    const spacing = fc.record({
      indent: fc.constantFrom('', '  ', '\t'),
      margin: fc.constantFrom('', ' ', '\n', '\t '),
    });
    fc.assert(
      fc.property(anyChunk, body, spacing, (chunk, fields, { indent, margin }) => {
        const head = resultHead(chunk, chunk.submittedAtMs);
        const text = `${margin}${JSON.stringify(fields, null, indent)}${margin}`;
        const expected: unknown = JSON.parse(JSON.stringify({ ...head, ...fields }));
        expect(JSON.parse(joinResult(head, text))).toEqual(expected);
      }),
      runs,
    );
  });

  it('says that the deadline is met exactly up to the deadline', () => {
    fc.assert(
      fc.property(anyChunk, fc.integer({ min: -5, max: 5 }), (chunk, lateMs) => {
        const head = resultHead(chunk, chunk.deadlineAtMs + lateMs);
        expect(head.deadlineMet).toBe(lateMs <= 0);
      }),
      runs,
    );
  });
});

describe('size limits', () => {
  it('all grow, or stay, with the inline limit, and each holds the one inside it', () => {
    const bytes = fc.integer({ min: 1, max: 512 * 1024 * 1024 });
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        const smaller = sizeLimits(Math.min(one, other));
        const larger = sizeLimits(Math.max(one, other));
        expect(larger.headerBytesMax).toBeGreaterThanOrEqual(smaller.headerBytesMax);
        expect(larger.intakeRecordBytesMax).toBeGreaterThanOrEqual(smaller.intakeRecordBytesMax);
        expect(larger.innerRecordBytesMax).toBeGreaterThanOrEqual(smaller.innerRecordBytesMax);
        expect(larger.resultRecordBytesMax).toBeGreaterThanOrEqual(smaller.resultRecordBytesMax);
        expect(larger.fetchPartitionBytes).toBeGreaterThanOrEqual(smaller.fetchPartitionBytes);
        expect(larger.fetchBytes).toBeGreaterThanOrEqual(smaller.fetchBytes);
        const { inlineBytesMax, headerBytesMax, intakeRecordBytesMax } = smaller;
        expect(intakeRecordBytesMax).toBeGreaterThan(inlineBytesMax + headerBytesMax);
        expect(smaller.innerRecordBytesMax).toBeGreaterThanOrEqual(intakeRecordBytesMax + 65_536);
        expect(smaller.resultRecordBytesMax).toBeGreaterThan(smaller.innerRecordBytesMax);
        expect(smaller.fetchBytes).toBeGreaterThanOrEqual(smaller.innerRecordBytesMax);
      }),
      runs,
    );
  });
});
