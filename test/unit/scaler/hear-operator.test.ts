import { describe, expect, it } from 'vitest';
import { createOperatorView } from '../../../services/scaler/hear-operator.ts';
import {
  encodePauseWord,
  encodeSpillWord,
  noOperatorWords,
  operatorKeys,
} from '../../../services/shared/chunk/operator.ts';
import type { PauseWord, SpillWord } from '../../../services/shared/chunk/operator.ts';
import type { ReadBatch } from '../../../services/shared/kafka/ports.ts';

const word = { by: 'anna', atMs: 1000, untilMs: null, note: null };
const pause: PauseWord = { ...word, scaleIn: true, scaleOut: true, nodes: null };
const spill: SpillWord = { ...word, spill: 'shut' };

function batchOf(
  said: readonly (readonly [key: string, json: string | null])[],
  caughtUp = true,
): ReadBatch {
  const place = { topic: 'operator', partition: 0 };
  const records = said.map(([key, json], offset) => ({
    ...place,
    offset,
    key: Buffer.from(key),
    value: json === null ? null : Buffer.from(json),
    headers: [],
    timestampMs: 0,
  }));
  return { ...place, records, fromOffset: 0, nextOffset: said.length, caughtUp, askedAtMs: 0 };
}

describe('what operators say', () => {
  it('is not known before all of it was read once', () => {
    const view = createOperatorView();
    expect(view.read().kind).toBe('unknown');
    view.apply(batchOf([[operatorKeys.spill, encodeSpillWord(spill)]], false));
    expect(view.read().kind).toBe('unknown');
    view.apply(batchOf([]));
    expect(view.read()).toEqual({ kind: 'known', value: { ...noOperatorWords, spill } });
  });

  it('is the last word of each key, until it is taken back', () => {
    const view = createOperatorView();
    const named = { ...pause, by: 'ben' };
    view.apply(
      batchOf([
        [operatorKeys.spill, encodeSpillWord({ ...spill, spill: 'open' })],
        [operatorKeys.spill, encodeSpillWord(spill)],
        [operatorKeys.pauseAll, encodePauseWord(pause)],
        [operatorKeys.pause('gpu'), encodePauseWord(named)],
        [operatorKeys.pause('__proto__'), encodePauseWord(pause)],
      ]),
    );
    const known = view.read();
    if (known.kind === 'unknown') throw new Error(known.cause);
    expect(known.value).toMatchObject({ spill, everyPool: pause });
    expect(Object.entries(known.value.pools)).toEqual([
      ['gpu', named],
      ['__proto__', pause],
    ]);
    view.apply(
      batchOf([
        [operatorKeys.spill, null],
        [operatorKeys.pauseAll, null],
        [operatorKeys.pause('gpu'), null],
        [operatorKeys.pause('__proto__'), null],
      ]),
    );
    expect(view.read()).toEqual({ kind: 'known', value: noOperatorWords });
  });

  it('is not known while one word cannot be read, since nobody knows what was meant', () => {
    const view = createOperatorView();
    const key = operatorKeys.pause('gpu');
    view.apply(batchOf([[key, '{"by":"anna"}']]));
    expect(view.read()).toEqual({
      kind: 'unknown',
      cause:
        'the word pause/gpu at offset 0 cannot be read: $.atMs must be a number, found nothing; ' +
        'say it again',
    });
    view.apply(batchOf([[key, null]]));
    expect(view.read()).toEqual({ kind: 'known', value: noOperatorWords });
  });

  it('leaves out what has no key of ours', () => {
    const view = createOperatorView();
    view.apply(batchOf([['something', 'else']]));
    expect(view.read()).toEqual({ kind: 'known', value: noOperatorWords });
  });
});
