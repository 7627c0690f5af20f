import { describe, expect, it } from 'vitest';
import { noKnowledge, noteBatch } from '../../../../services/cli/system-view/knowledge.ts';
import type { Knowledge } from '../../../../services/cli/system-view/knowledge.ts';
import { encodeDecisions } from '../../../../services/shared/chunk/decision.ts';
import { encodeDemand } from '../../../../services/shared/chunk/demand.ts';
import { encodeDirective } from '../../../../services/shared/chunk/directive.ts';
import { encodeHeartbeat } from '../../../../services/shared/chunk/fleet.ts';
import { topicsWithPrefix } from '../../../../services/shared/chunk/topics.ts';
import { atMs, decisionTold, demandTold, directiveTold, heartbeatTold } from '../told.ts';

const topics = topicsWithPrefix('t.');

type Said = readonly [key: string, value: string | null];

function hear(knowledge: Knowledge, topic: string, ...said: readonly Said[]): Knowledge {
  noteBatch(knowledge, topics, {
    topic,
    partition: 0,
    fromOffset: 0,
    nextOffset: said.length,
    caughtUp: true,
    askedAtMs: 0,
    records: said.map(([key, value], offset) => ({
      topic,
      partition: 0,
      offset,
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: [],
      timestampMs: atMs + offset,
    })),
  });
  return knowledge;
}

describe('what is known', () => {
  it('is the last word of each worker, until it says goodbye', () => {
    const knowledge = noKnowledge();
    const beat = (sequence: number): Said => [
      'worker-1',
      encodeHeartbeat(heartbeatTold({ sequence })),
    ];
    hear(knowledge, topics.fleet, beat(3), beat(5), beat(4));
    expect(knowledge.workers.get('worker-1')).toMatchObject({
      value: { sequence: 5 },
      atMs: atMs + 1,
    });
    hear(knowledge, topics.fleet, ['worker-1', null]);
    expect(knowledge.workers.size).toBe(0);
  });

  it('is the last demand, with the time at which it was told', () => {
    const told = (sequence: number): Said => ['d', encodeDemand(demandTold({}, { sequence }))];
    const { demand } = hear(noKnowledge(), topics.demand, told(1), told(2));
    expect(demand).toMatchObject({ value: { sequence: 2 }, atMs: atMs + 1 });
  });

  it('is the directive of the leader, and never again one of an earlier leader', () => {
    const told = (term: number): Said => [
      'directive',
      encodeDirective(directiveTold({ leader: { term, sequence: 1 } })),
    ];
    const knowledge = hear(noKnowledge(), topics.directive, told(2));
    hear(knowledge, topics.directive, told(1));
    expect(knowledge.directive?.value.leader.term).toBe(2);
  });

  it('takes decisions and directive from one topic by their keys', () => {
    const knowledge = hear(
      noKnowledge(),
      topics.directive,
      ['decisions', encodeDecisions([decisionTold(40, 3)])],
      ['memory', '{"anything":1}'],
      ['directive', encodeDirective(directiveTold())],
    );
    expect(knowledge.decisions).toEqual([decisionTold(40, 3)]);
    expect(knowledge.directive?.value).toEqual(directiveTold());
  });

  it('does not change by what cannot be read', () => {
    const knowledge = hear(noKnowledge(), topics.demand, ['d', 'no demand']);
    hear(knowledge, topics.directive, ['directive', '{}'], ['decisions', '[]']);
    hear(knowledge, topics.fleet, ['worker-1', '{}']);
    expect(knowledge).toEqual(noKnowledge());
  });
});
