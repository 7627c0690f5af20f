import { describe, expect, it } from 'vitest';
import { loggedTick } from '../../support/logged-tick.ts';

const decision = {
  atMs: 1,
  pools: [],
  workers: [],
  spill: { gate: 'shut', reason: 'gpu-in-time', saidBy: null, figures: {} },
  capacity: [],
};
const line = {
  leader: { term: 1, sequence: 2 },
  isPublished: true,
  orders: [{ pool: 'gpu', nodesDesired: 1, outcome: 'accepted' }],
  observation: {},
  memory: {},
  settings: {},
  decision,
};

describe('a tick line', () => {
  it('is taken as it stands', () => {
    expect(JSON.stringify(loggedTick(line))).toBe(JSON.stringify(line));
  });

  it('is refused where it lacks what tests ask of it', () => {
    expect(() => loggedTick({ ...line, leader: { term: 1 } })).toThrow('$.leader.sequence');
    expect(() => loggedTick({ ...line, isPublished: 'yes' })).toThrow('$.isPublished');
    const other = { ...decision, spill: { ...decision.spill, gate: 'ajar' } };
    expect(() => loggedTick({ ...line, decision: other })).toThrow('gate');
  });
});
