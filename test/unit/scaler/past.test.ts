import { describe, expect, it } from 'vitest';
import { emptyMemory } from '../../../services/policy/scaling/memory.ts';
import { createPast } from '../../../services/scaler/past.ts';
import { directiveOf } from '../../../services/scaler/publish.ts';
import { encodeDecisions } from '../../../services/shared/chunk/decision.ts';
import { encodeDirective } from '../../../services/shared/chunk/directive.ts';
import type { LeaderStamp } from '../../../services/shared/chunk/directive.ts';
import type { ReceivedRecord } from '../../../services/shared/kafka/ports.ts';

const decision = {
  atMs: 1000,
  pools: [],
  workers: [],
  spill: { gate: 'open' as const, reason: 'overload' as const, saidBy: null, figures: {} },
  capacity: [],
};
const directive = (leader: LeaderStamp): string =>
  encodeDirective(directiveOf(decision, leader, { lifetimeMs: 30_000 }));

function pastOf(records: readonly (readonly [key: string, json: string])[]) {
  const past = createPast();
  const read = records.map(([key, json], offset): ReceivedRecord => {
    const [place, bytes] = [{ topic: 'directive', partition: 0 }, Buffer.from(json)];
    return { ...place, offset, key: Buffer.from(key), value: bytes, headers: [], timestampMs: 0 };
  });
  // One by one, as a topic may come in many pieces.
  for (const record of read) past.apply([record]);
  return past;
}

describe('what former leaders left', () => {
  it('is nothing on a new topic, which is no problem', () => {
    const past = pastOf([]);
    expect(past.lastStamp()).toBeNull();
    expect(past.memory()).toBeNull();
    expect(past.decisions()).toEqual([]);
    expect(past.problems()).toEqual([]);
  });

  it('is the newest of each kind', () => {
    const leader = { term: 3, sequence: 9 };
    const past = pastOf([
      ['directive', directive({ term: 3, sequence: 8 })],
      ['memory', JSON.stringify(emptyMemory(8))],
      ['decisions', encodeDecisions([])],
      ['directive', directive(leader)],
      ['memory', JSON.stringify(emptyMemory(9))],
      ['decisions', encodeDecisions([{ leader, decision }])],
    ]);
    expect(past.lastStamp()).toEqual(leader);
    expect(past.memory()).toEqual(emptyMemory(9));
    expect(past.decisions()).toEqual([{ leader, decision }]);
  });

  it('tells the last term also where a directive has words of a later version', () => {
    const leader = { term: 7, sequence: 1 };
    const later = JSON.stringify({ ...JSON.parse(directive(leader)), spill: { gate: 'ajar' } });
    const past = pastOf([['directive', later]]);
    expect(past.lastStamp()).toEqual(leader);
    expect(past.problems()).toEqual([]);
  });

  it('never makes terms begin anew for a record that is not ours', () => {
    const leader = { term: 5, sequence: 2 };
    const told: readonly (readonly [string, string])[] = [
      ['directive', directive(leader)],
      ['directive', 'nonsense'],
    ];
    expect(pastOf(told).lastStamp()).toEqual(leader);
    expect(pastOf(told).problems()).toHaveLength(1);
    const decided = encodeDecisions([{ leader, decision }]);
    expect(pastOf([['decisions', decided]]).lastStamp()).toEqual(leader);
  });

  it('is left aside, and said, where it cannot be read', () => {
    const past = pastOf([['memory', '{"version":99}']]);
    expect(past.memory()).toBeNull();
    expect(past.problems()).toEqual([expect.stringContaining('memory: $')]);
  });
});
