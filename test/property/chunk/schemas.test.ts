import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeDone } from '../../../services/shared/chunk/done-record.ts';
import { chunkType, readChunk } from '../../../services/shared/chunk/envelope.ts';
import { encodeHeartbeat } from '../../../services/shared/chunk/fleet.ts';
import { encodeLaneOrder } from '../../../services/shared/chunk/lane-record.ts';
import { sizeLimits } from '../../../services/shared/chunk/limits.ts';
import { encodeDeadLetterHeaders, encodeExpired } from '../../../services/shared/chunk/outcome.ts';
import { joinResult, resultHead } from '../../../services/shared/chunk/result.ts';
import { formatRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import {
  anyChunk,
  anyDeadLetter,
  anyDone,
  anyExpired,
  anyHeartbeat,
  anyLaneOrder,
  anyResultBody,
} from './records.ts';
import { printableText, runs, writableMs } from './seed.ts';

type Json = Readonly<Record<string, unknown>>;

interface Schema extends Json {
  readonly properties?: Json;
  readonly oneOf?: readonly { readonly properties: Json }[];
  readonly required?: readonly string[];
}

const folder = new URL('../../../services/shared/chunk/schemas/', import.meta.url);

const schemaOf = (name: string): Schema =>
  JSON.parse(readFileSync(new URL(`${name}.schema.json`, folder), 'utf8'));

const ajv = new Ajv2020({ strict: true, allErrors: true });

const jsonOf = (text: string): Json => JSON.parse(text);

/** Everything that we write, by the name of its schema. */
const written: readonly { readonly name: string; readonly values: fc.Arbitrary<Json> }[] = [
  { name: 'lane-order', values: anyLaneOrder.map((order) => jsonOf(encodeLaneOrder(order))) },
  { name: 'done', values: anyDone.map((done) => jsonOf(encodeDone(done))) },
  { name: 'heartbeat', values: anyHeartbeat.map((beat) => jsonOf(encodeHeartbeat(beat))) },
  { name: 'expired', values: anyExpired.map((expired) => jsonOf(encodeExpired(expired))) },
  {
    name: 'dead-letter-headers',
    values: anyDeadLetter.map((letter) => Object.fromEntries(encodeDeadLetterHeaders(letter))),
  },
  {
    name: 'result',
    values: fc
      .tuple(anyChunk, writableMs, anyResultBody)
      .map(([chunk, finishedAtMs, body]) =>
        jsonOf(joinResult(resultHead(chunk, finishedAtMs), JSON.stringify(body))),
      ),
  },
];

const fieldsOf = ({ properties, oneOf }: Schema): ReadonlySet<string> =>
  new Set([
    ...Object.keys(properties ?? {}),
    ...(oneOf ?? []).flatMap((each) => Object.keys(each.properties)),
  ]);

/** A value of another kind than any field has: no field takes an object without members. */
const damaged = { planted: 'error' };

describe.each(written)('the schema of $name', ({ name, values }) => {
  const schema = schemaOf(name);
  const validate = ajv.compile(schema);

  it('accepts all that our encoder writes', () => {
    fc.assert(
      fc.property(values, (value) => {
        validate(value);
        expect(validate.errors).toBeNull();
      }),
      runs,
    );
  });

  it('knows exactly the fields that our encoder writes', () => {
    const seen = new Set<string>();
    for (const value of fc.sample(values, { ...runs, numRuns: 200 })) {
      for (const field of Object.keys(value)) seen.add(field);
    }
    expect([...seen].toSorted()).toEqual([...fieldsOf(schema)].toSorted());
  });

  it('refuses a field of the wrong kind, and one that is missing although it must be there', () => {
    let missing = 0;
    for (const value of fc.sample(values, { ...runs, numRuns: 50 })) {
      for (const field of Object.keys(value)) {
        expect([field, validate({ ...value, [field]: damaged })]).toEqual([field, false]);
        const { [field]: _, ...rest } = value;
        if (!validate(rest)) missing += 1;
        else expect(schema.required).not.toContain(field);
      }
    }
    expect(missing).toBeGreaterThan(50);
  });

  it('says of every field what it means', () => {
    const without: string[] = [];
    const look = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, child] of Object.entries(node)) {
        if (key === 'properties') {
          for (const [field, content] of Object.entries(Object(child))) {
            if (!Object.hasOwn(Object(content), 'description')) without.push(`${path}.${field}`);
          }
        }
        look(child, `${path}.${key}`);
      }
    };
    look(schema, name);
    // A box stands in a field of its own name and is described there.
    expect(without).toEqual([]);
  });
});

describe('the schema of chunk headers', () => {
  const schema = schemaOf('chunk-headers');
  const validate = ajv.compile(schema);
  const facts = {
    coordinates: { priority: 'live' as const, partition: 0, offset: 0 },
    headerBytes: 0,
    keyText: null,
    valueBytes: 1,
    appendedAtMs: 4_000_000_000_000,
  };
  const defaults = { objectiveMs: { live: 1, standard: 1, bulk: 1 }, tenant: 'default' };
  const limits = sizeLimits(1000);
  const kindOf = (headers: Json): string => {
    const texts = new Map(Object.entries(headers).map(([key, value]) => [key, String(value)]));
    return readChunk({ ...facts, headers: texts }, defaults, limits).kind;
  };

  it('knows exactly the headers that we read', () => {
    class Asked extends Map<string, string> {
      readonly names = new Set<string>();
      override get(name: string): string | undefined {
        this.names.add(name);
        return super.get(name);
      }
    }
    const headers = new Asked();
    readChunk({ ...facts, headers }, defaults, limits);
    expect([...headers.names].toSorted()).toEqual([...fieldsOf(schema)].toSorted());
  });

  it('accepts all that we accept', () => {
    const value = fc.oneof(
      printableText,
      writableMs.map(formatRfc3339),
      fc.integer({ min: -5, max: 1e12 }).map(String),
      fc.stringMatching(/^[0-9a-fA-F]{63,65}$/),
      fc.constant(chunkType),
    );
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...fieldsOf(schema)), value, { maxKeys: 3 }),
        (headers) => {
          if (kindOf(headers) === 'refused') return;
          accepted += 1;
          validate(headers);
          expect(validate.errors).toBeNull();
        },
      ),
      { ...runs, numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it('refuses, as we do, a wrong type, time, length, digest or empty text', () => {
    const planted = [
      { ce_type: 'spillway.chunk.v2' },
      { ce_time: 'yesterday' },
      { ce_durationms: '-5' },
      { ce_startms: '1.5' },
      { ce_deadline: '2026-01-31' },
      { ce_datasha256: 'abc' },
      { ce_id: '' },
      { ce_source: 'x'.repeat(1025) },
    ];
    for (const headers of planted) {
      expect([headers, validate(headers), kindOf(headers)]).toEqual([headers, false, 'refused']);
    }
  });
});
