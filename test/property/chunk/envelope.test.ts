/* oxlint-disable no-restricted-globals -- Date is the oracle here */
import { CloudEvent, Kafka } from 'cloudevents';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coordinatesKey } from '../../../services/shared/chunk/coordinates.ts';
import { chunkType, readChunk } from '../../../services/shared/chunk/envelope.ts';
import type { ChunkReading, IntakeRecordFacts } from '../../../services/shared/chunk/envelope.ts';
import { sizeLimits } from '../../../services/shared/chunk/limits.ts';
import { formatRfc3339, parseRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import { coordinates, printableText, runs, wellFormedText, writableMs } from './seed.ts';

const limits = sizeLimits(1_000_000);
const defaults = {
  objectiveMs: { live: 30_000, standard: 300_000, bulk: 3_600_000 },
  tenant: 'default',
};
const read = (facts: IntakeRecordFacts): ChunkReading => readChunk(facts, defaults, limits);

const headerNames = [
  'ce_id',
  'ce_source',
  'ce_type',
  'ce_time',
  'ce_durationms',
  'ce_sequence',
  'ce_startms',
  'ce_deadline',
  'ce_model',
  'ce_tenant',
  'ce_dataref',
  'ce_datasha256',
  'content-type',
  'traceparent',
  'ce_specversion',
  'x-other',
];

/** Values near the edge of what each header accepts, beside any text at all. */
const headerValue = fc.oneof(
  wellFormedText,
  printableText,
  fc.constantFrom(chunkType, 'spillway.chunk.v2', '', '-1', '0', '1', '86400000', '86400001'),
  fc.constantFrom('9007199254740991', '9007199254740992', '1e3', '1.5', ' 1', 'x'.repeat(1025)),
  fc.constantFrom('9999-12-31T23:59:59-23:59', '0000-01-01T00:00:00+23:59', '2026-02-30T00:00:00Z'),
  writableMs.map(formatRfc3339),
  fc.stringMatching(/^[0-9a-fA-F]{64}$/),
);

const facts: fc.Arbitrary<IntakeRecordFacts> = fc.record({
  coordinates,
  headers: fc
    .array(fc.tuple(fc.constantFrom(...headerNames), headerValue), { maxLength: 12 })
    .map((pairs) => new Map(pairs)),
  headerBytes: fc.integer({ min: 0, max: 40_000 }),
  keyText: fc.option(wellFormedText),
  valueBytes: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_100_000 })),
  appendedAtMs: writableMs,
});

describe('reading a chunk', () => {
  it('is total: whatever the headers are, it ends in a chunk or a refusal, the same each time', () => {
    fc.assert(
      fc.property(facts, (each) => {
        const reading = read(each);
        expect(['chunk', 'refused']).toContain(reading.kind);
        expect(read(each)).toEqual(reading);
      }),
      { ...runs, numRuns: 3000 },
    );
  });

  it('never takes a submission for later than the broker’s append', () => {
    fc.assert(
      fc.property(facts, (each) => {
        const reading = read(each);
        if (reading.kind !== 'chunk') return;
        expect(reading.chunk.submittedAtMs).toBeLessThanOrEqual(each.appendedAtMs);
      }),
      runs,
    );
  });

  it('refuses a header by name, with its value and with what would be accepted', () => {
    let refusals = 0;
    fc.assert(
      fc.property(facts, (each) => {
        const reading = read(each);
        if (reading.kind !== 'refused' || reading.reason !== 'bad-header') return;
        refusals += 1;
        const [, name = '', shown = ''] =
          /^header ([\w-]+) is (".*"); accepted: .+$/su.exec(reading.message) ?? [];
        expect(headerNames).toContain(name);
        const value = each.headers.get(name) ?? expect.unreachable();
        const start = /^[ -!#-[\]-~]*/.exec(value)?.[0] ?? '';
        expect(shown.slice(1)).toContain(start.slice(0, 80));
        // Nothing that a terminal would obey.
        expect(reading.message).not.toMatch(/\p{Cc}/u);
      }),
      { ...runs, numRuns: 3000 },
    );
    expect(refusals).toBeGreaterThan(300);
  });

  it('always gives an identity that can be shown, also to what it refuses', () => {
    fc.assert(
      fc.property(facts, (each) => {
        const reading = read(each);
        const { source, id } = reading.kind === 'chunk' ? reading.chunk : reading.identity;
        for (const text of [source, id]) {
          expect(text.length).toBeGreaterThan(0);
          expect(text.length).toBeLessThanOrEqual(1024);
          expect(text).not.toMatch(/[\p{Cc}\ufffd]/u);
        }
        const given = each.headers.get('ce_id');
        if (given === undefined) expect(id).toBe(coordinatesKey(each.coordinates));
      }),
      { ...runs, numRuns: 3000 },
    );
  });

  it('gives times that can be written and read again', () => {
    fc.assert(
      fc.property(facts, (each) => {
        const reading = read(each);
        if (reading.kind !== 'chunk') return;
        const { submittedAtMs } = reading.chunk;
        expect(parseRfc3339(formatRfc3339(submittedAtMs))).toBe(submittedAtMs);
      }),
      runs,
    );
  });
});

describe('CloudEvents in binary mode', () => {
  const event = fc.record({
    id: printableText,
    source: fc.webUrl(),
    timeMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    durationms: fc.integer({ min: 1, max: 86_400_000 }),
    startms: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    sequence: printableText,
    tenant: printableText,
    model: printableText,
  });

  /** Headers as text, as they would stand on the wire: the library leaves some as numbers or unset. */
  const wire = (headers: object): ReadonlyMap<string, string> =>
    new Map(
      Object.entries(headers)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)]),
    );

  it('by the official library are read as it wrote them', () => {
    fc.assert(
      fc.property(event, coordinates, ({ timeMs, ...attributes }, where) => {
        const time = new Date(timeMs).toISOString();
        const message = Kafka.binary(
          new CloudEvent({
            ...attributes,
            type: chunkType,
            time,
            datacontenttype: 'video/mp4',
            data: Buffer.from('v'),
          }),
        );
        const reading = read({
          coordinates: where,
          headers: wire(message.headers),
          headerBytes: 0,
          keyText: null,
          valueBytes: 1,
          appendedAtMs: 4_000_000_000_000,
        });
        const { source, id, tenant, model, sequence } = attributes;
        expect(reading).toMatchObject({
          kind: 'chunk',
          chunk: {
            source,
            id,
            tenant,
            model,
            sequence,
            submittedAtMs: timeMs,
            durationMs: attributes.durationms,
            startMs: attributes.startms,
            contentType: 'video/mp4',
          },
        });
      }),
      runs,
    );
  });

  it('that we accept with all required attributes are events to the official library too', () => {
    fc.assert(
      fc.property(event, ({ timeMs, ...attributes }) => {
        const headers = {
          ce_specversion: '1.0',
          ce_type: chunkType,
          ce_id: attributes.id,
          ce_source: attributes.source,
          ce_time: formatRfc3339(timeMs),
          ce_durationms: String(attributes.durationms),
          'content-type': 'video/mp4',
        };
        const reading = read({
          coordinates: { priority: 'live', partition: 0, offset: 0 },
          headers: wire(headers),
          headerBytes: 0,
          keyText: null,
          valueBytes: 1,
          appendedAtMs: 4_000_000_000_000,
        });
        const value = Buffer.from('v');
        const message = { key: '', value, headers, body: value };
        const seen = Kafka.toEvent(message);
        const oracle = Array.isArray(seen) ? expect.unreachable() : seen;
        expect(reading.kind === 'chunk' && reading.chunk).toMatchObject({
          id: oracle.id,
          source: oracle.source,
          contentType: oracle.datacontenttype,
          submittedAtMs: Date.parse(oracle.time ?? ''),
        });
        expect(oracle['durationms']).toBe(String(attributes.durationms));
      }),
      runs,
    );
  });
});
