import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../../services/cli/check/findings.ts';
import type { SystemView } from '../../../../services/cli/system-view/system-view.ts';

const workers = (ready: number, loading: number): SystemView['workers'] => [
  {
    kind: 'cpu',
    pool: 'cpu',
    emulated: false,
    workers: { ready, loading, draining: 1 },
    slots: 2 * ready,
    inHandChunks: 0,
    slotSpeed: null,
  },
];

const well: SystemView = {
  atMs: 1000,
  dispatcher: { state: 'speaking', spokeAtMs: 900, term: '1', order: 'earliest-deadline' },
  scaler: { state: 'speaking', spokeAtMs: 800, leader: { term: 1, sequence: 2 } },
  priorities: [],
  workers: workers(2, 0),
  coming: [],
  words: [],
  spill: {
    isOpen: false,
    gate: 'shut',
    gateReason: 'gpu-in-time',
    directive: 'followed',
    verdicts: {},
    waitingChunks: 0,
    cpuChunks: 0,
  },
  decision: null,
};

const bad = (view: SystemView): readonly string[] =>
  findingsOf(view, { workersMin: 2 }).flatMap(({ isGood, what }) => (isGood ? [] : [what]));

describe('spillway check', () => {
  it('finds an installation well whose dispatcher, scaler and workers are at work', () => {
    expect(bad(well)).toEqual([]);
  });

  it('finds a dispatcher that has fallen silent', () => {
    expect(
      bad({ ...well, dispatcher: { ...well.dispatcher, state: 'silent', spokeAtMs: 1 } }),
    ).toEqual(['dispatcher']);
  });

  it('finds a scaler that has never spoken', () => {
    expect(bad({ ...well, scaler: { state: 'never', leader: null } })).toEqual(['scaler']);
  });

  it('counts only workers that have loaded their models', () => {
    expect(bad({ ...well, workers: workers(1, 5) })).toEqual(['workers']);
  });
});
