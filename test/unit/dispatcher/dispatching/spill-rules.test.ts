import { describe, expect, it } from 'vitest';
import { spillRules } from '../../../../services/dispatcher/dispatching/spill-rules.ts';
import type { HeardDirective } from '../../../../services/dispatcher/dispatching/directive-view.ts';
import type { Directive, SpillGateReason } from '../../../../services/shared/chunk/directive.ts';
import { directiveOf } from '../../../support/told-directive.ts';

const capacity: Directive['capacity'] = [
  { pool: 'a', kind: 'gpu', slotsReady: 2, slotSpeed: 20, coming: [{ atMs: 7000, slots: 4 }] },
  { pool: 'b', kind: 'gpu', slotsReady: 1, slotSpeed: 10, coming: [{ atMs: 9000, slots: 1 }] },
  { pool: null, kind: 'cpu', slotsReady: 8, slotSpeed: 2, coming: [{ atMs: 1, slots: 1 }] },
];

const followed = (reason: SpillGateReason, gate: 'open' | 'shut' = 'shut'): HeardDirective => ({
  state: 'followed',
  newest: directiveOf({ capacity, spill: { gate, reason, mediaMsPerMinuteMax: 500 } }),
});

describe('the rules of spilling', () => {
  it('are the directive while it holds: gate, limit, and the GPU slots that are coming', () => {
    expect(spillRules(followed('overload', 'open'), 3)).toEqual({
      gate: 'open',
      spillMediaMsPerMinuteMax: 500,
      comingGpu: [
        { atMs: 7000, slots: 4, slotSpeed: 20 },
        { atMs: 9000, slots: 1, slotSpeed: 10 },
      ],
    });
  });

  it.each(['none', 'expired'] as const)(
    'leave each chunk to its deadline, with nothing coming, when the directive is %s',
    (state) => {
      const newest = state === 'none' ? null : followed('gpu-in-time').newest;
      expect(spillRules({ state, newest }, 3)).toEqual({
        gate: 'open',
        spillMediaMsPerMinuteMax: null,
        comingGpu: [],
      });
    },
  );

  it.each(['gpu-in-time', 'hold'] as const)(
    'keep a gate shut for %s only while the GPU slots that were counted on are there',
    (reason) => {
      expect(spillRules(followed(reason), 3).gate).toBe('shut');
      expect(spillRules(followed(reason), 4).gate).toBe('shut');
      expect(spillRules(followed(reason), 2).gate).toBe('open');
      expect(spillRules(followed(reason), 0).gate).toBe('open');
    },
  );

  it('keep shut what the operator shut, whoever is gone', () => {
    expect(spillRules(followed('operator'), 0).gate).toBe('shut');
  });
});
