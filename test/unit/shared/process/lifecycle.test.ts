import { describe, expect, it } from 'vitest';
import { lifecycle, processStates } from '../../../../services/shared/process/lifecycle.ts';
import type { ProcessState } from '../../../../services/shared/process/lifecycle.ts';

/** The way from the start to each state. */
const wayTo: Readonly<Record<ProcessState, readonly ProcessState[]>> = {
  starting: [],
  running: ['running'],
  draining: ['running', 'draining'],
  drained: ['running', 'draining', 'drained'],
  stopped: ['running', 'draining', 'drained', 'stopped'],
  failed: ['failed'],
};
const legal = [
  'starting>running',
  'starting>draining',
  'starting>failed',
  'running>draining',
  'running>failed',
  'draining>drained',
  'draining>failed',
  'drained>stopped',
  'drained>failed',
];

describe('the states of a process', () => {
  it('allow exactly the moves of the table', () => {
    const moves = processStates.flatMap((from) => processStates.map((to) => ({ from, to })));
    const allowed = moves.filter(({ from, to }) => {
      const life = lifecycle(() => undefined);
      for (const state of wayTo[from]) life.moveTo(state);
      try {
        life.moveTo(to);
      } catch {
        return false;
      }
      return true;
    });
    expect(allowed.map(({ from, to }) => `${from}>${to}`)).toEqual(legal);
  });

  it('are told once each, the first one too', () => {
    const seen: ProcessState[] = [];
    const life = lifecycle((state) => seen.push(state));
    life.moveTo('running');
    life.moveTo('failed');
    expect(seen).toEqual(['starting', 'running', 'failed']);
    expect(life.state()).toBe('failed');
  });
});
