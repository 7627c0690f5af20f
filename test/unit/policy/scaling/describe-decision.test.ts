import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import { describeDecision } from '../../../../services/policy/scaling/describe-decision.ts';
import { emptyMemory } from '../../../../services/policy/scaling/memory.ts';
import type { ScalingSettings } from '../../../../services/policy/scaling/settings.ts';
import {
  beginMs,
  gpuPool,
  observationOf,
  scalingSettings,
} from '../../../support/scaling-world/facts.ts';
import type { Facts } from '../../../support/scaling-world/facts.ts';

const told = (facts: Facts, changes: Partial<ScalingSettings> = {}): readonly string[] => {
  const settings = { ...scalingSettings, ...changes };
  return describeDecision(decide(observationOf(facts), emptyMemory(beginMs), settings).decision);
};

const due = [{ priority: 'live' as const, mediaMs: 400_000, leftMs: 28_000 }];

describe('a decision in words', () => {
  it('says what is due, who would do it, and why not one node more or less', () => {
    expect(told({ loaded: 1, due })).toEqual([
      'gpu: 1 → 8 nodes: 400 s of video are due within 30 s; GPU (1 ready, 0 coming here) will ' +
        'have done 120 s; one node does 4 s a second and takes 20 s to come; 7 would be late, ' +
        '9 more than needed',
      'spill: open: GPU will have done 108 s of the 400 s of video that are due within 30 s',
    ]);
  });

  it('says what holds a size', () => {
    expect(told({ loaded: 3 })).toEqual([
      'gpu: 3 nodes: 0 would do, but this scaler has not watched for 40 s yet; in 40 s at the ' +
        'soonest; 4 more than needed',
      'spill: shut: GPU will do in time whatever is due within a boot',
    ]);
  });

  it('names the limit that bound it', () => {
    const [line] = told({ loaded: 1, due }, { pools: [{ ...gpuPool, nodesMax: 2 }] });
    expect(line).toMatch(
      /^gpu: 1 → 2 nodes: .*more nodes than its limits allow; .*3 above its limit$/u,
    );
  });
});
