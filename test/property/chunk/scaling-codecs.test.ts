import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeDecisions, parseDecisions } from '../../../services/shared/chunk/decision.ts';
import { encodeDemand, parseDemand } from '../../../services/shared/chunk/demand.ts';
import {
  encodeDirective,
  isLater,
  parseDirective,
  parseLeaderOf,
} from '../../../services/shared/chunk/directive.ts';
import {
  encodePoolOrder,
  encodePools,
  parsePoolOrder,
  parsePools,
} from '../../../services/shared/chunk/node-pools.ts';
import {
  encodePauseWord,
  encodeSpillWord,
  parsePauseWord,
  parseSpillWord,
} from '../../../services/shared/chunk/operator.ts';
import type { Parsed } from '../../../services/shared/chunk/shape.ts';
import {
  anyDecisions,
  anyDemand,
  anyDirective,
  anyPauseWord,
  anyPoolOrder,
  anyPools,
  anySpillWord,
} from './scaling-records.ts';
import { runs, wellFormedText } from './seed.ts';

interface Codec {
  readonly of: string;
  /** A value as JSON, and what it must be when it is read again. */
  readonly written: fc.Arbitrary<{ readonly json: string; readonly value: unknown }>;
  readonly parse: (json: string) => Parsed<unknown>;
}

function codec<Value, Read>(parts: {
  readonly of: string;
  readonly any: fc.Arbitrary<Value>;
  readonly encode: (value: Value) => string;
  readonly parse: (json: string) => Parsed<Read>;
  readonly read: (value: Value) => Read;
}): Codec {
  const { of, any, encode, parse, read } = parts;
  return { of, parse, written: any.map((value) => ({ json: encode(value), value: read(value) })) };
}

const same = <Value>(value: Value): Value => value;

const codecs: readonly Codec[] = [
  codec({ of: 'demand', any: anyDemand, encode: encodeDemand, parse: parseDemand, read: same }),
  codec({
    of: 'a directive',
    any: anyDirective,
    encode: encodeDirective,
    parse: parseDirective,
    read: same,
  }),
  codec({
    of: 'the leader of a directive',
    any: anyDirective,
    encode: encodeDirective,
    parse: parseLeaderOf,
    read: ({ leader }) => leader,
  }),
  codec({
    of: 'decisions',
    any: anyDecisions,
    encode: encodeDecisions,
    parse: parseDecisions,
    read: (decisions) => ({ decisions }),
  }),
  codec({
    of: 'node pools',
    any: anyPools,
    encode: encodePools,
    parse: parsePools,
    read: (pools) => ({ pools }),
  }),
  codec({
    of: 'a word on a pause',
    any: anyPauseWord,
    encode: encodePauseWord,
    parse: parsePauseWord,
    read: same,
  }),
  codec({
    of: 'a word on spill',
    any: anySpillWord,
    encode: encodeSpillWord,
    parse: parseSpillWord,
    read: same,
  }),
  codec({
    of: 'an order to a pool',
    any: anyPoolOrder,
    encode: encodePoolOrder,
    parse: parsePoolOrder,
    read: same,
  }),
];

describe.each(codecs)('the JSON of $of', ({ written, parse }) => {
  it('survives the way', () => {
    fc.assert(
      fc.property(written, ({ json, value }) => {
        expect(parse(json)).toEqual({ ok: true, value });
      }),
      runs,
    );
  });

  it('is followed where a newer writer adds fields', () => {
    fc.assert(
      fc.property(written, fc.jsonValue(), ({ json, value }, extra) => {
        const newer = JSON.stringify({ ...Object(JSON.parse(json)), extraField: extra });
        expect(parse(newer)).toEqual({ ok: true, value });
      }),
      runs,
    );
  });

  it('is read or refused in words, whatever the text', () => {
    const anyText = fc.oneof(fc.json(), wellFormedText);
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parse(text);
        if (!parsed.ok) expect(parsed.problem.length).toBeGreaterThan(0);
      }),
      runs,
    );
  });

  it('is refused where a field is missing that is not simply nothing', () => {
    fc.assert(
      fc.property(written, fc.nat(), ({ json }, pick) => {
        const fields = Object.entries(Object(JSON.parse(json)));
        const left = fields.filter((_, index) => index !== pick % fields.length);
        const parsed = parse(JSON.stringify(Object.fromEntries(left)));
        const [gone] = fields[pick % fields.length] ?? [];
        if (!parsed.ok) expect(parsed.problem).toContain(`$.${gone}`);
        else expect(Reflect.get(Object(parsed.value), gone ?? '') ?? null).toBeNull();
      }),
      runs,
    );
  });
});

describe('stamps of leaders', () => {
  it('stand in one order: of two, one is later, or they are the same', () => {
    const stamp = fc.record({ term: fc.nat(3), sequence: fc.nat(3) });
    fc.assert(
      fc.property(stamp, stamp, stamp, (a, b, c) => {
        const isSame = a.term === b.term && a.sequence === b.sequence;
        expect([isLater(a, b), isLater(b, a), isSame].filter(Boolean)).toHaveLength(1);
        if (isLater(a, b) && isLater(b, c)) expect(isLater(a, c)).toBe(true);
      }),
      runs,
    );
  });
});
