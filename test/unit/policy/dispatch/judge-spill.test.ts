import { describe, expect, it } from 'vitest';
import { judgeSpill } from '../../../../services/policy/dispatch/judge-spill.ts';
import { emptyDispatchMemory } from '../../../../services/policy/dispatch/memory.ts';
import type { DispatchObservation } from '../../../../services/policy/dispatch/observation.ts';
import { spillVerdicts } from '../../../../services/shared/chunk/demand.ts';
import { busyFor, chunk, cpu, dueIn, gpu, moment, settings } from './moment.ts';

/** The verdicts that were given, once each. */
const verdicts = (changes: Partial<DispatchObservation>): readonly string[] => {
  const counts = judgeSpill(moment(changes), emptyDispatchMemory(), settings);
  return spillVerdicts.filter((verdict) => counts[verdict] > 0);
};

const busyGpu = gpu('w1', busyFor(10_000));
const waiting = [chunk('a', dueIn(3000))];

describe('why a chunk is not spilled', () => {
  it('is that the GPU will have it done in time', () => {
    const later = [chunk('a', dueIn(12_000))];
    expect(verdicts({ waiting: later, workers: [busyGpu, cpu('c1')] })).toEqual(['gpu-in-time']);
  });

  it('is nothing where it goes to a CPU worker', () => {
    expect(verdicts({ waiting, workers: [busyGpu, cpu('c1')] })).toEqual(['spilled']);
  });

  it('is that the CPU workers have as much as they may', () => {
    const workers = [busyGpu, cpu('c1', busyFor(9000))];
    expect(verdicts({ waiting, workers })).toEqual(['cpu-busy']);
    const spent = { waiting, workers: [busyGpu, cpu('c1')], spillMediaMsPerMinuteMax: 0 };
    expect(verdicts(spent)).toEqual(['cpu-busy']);
  });

  it('is that no CPU worker would do it in time either', () => {
    const workers = [busyGpu, cpu('c1', { speed: 0.2 })];
    expect(verdicts({ waiting, workers })).toEqual(['cpu-too-slow']);
    const late = [chunk('a', dueIn(-1))];
    expect(verdicts({ waiting: late, workers: [busyGpu, cpu('c1')] })).toEqual(['cpu-too-slow']);
  });

  it('is that no CPU worker serves its priority and model', () => {
    expect(verdicts({ waiting, workers: [busyGpu] })).toEqual(['no-cpu-worker']);
    const other = [chunk('a', { model: 'large', ...dueIn(3000) })];
    const workers = [{ ...busyGpu, models: new Set(['large']) }, cpu('c1')];
    expect(verdicts({ waiting: other, workers })).toEqual(['no-cpu-worker']);
  });

  it('is that the gate is shut', () => {
    const workers = [busyGpu, cpu('c1')];
    expect(verdicts({ waiting, workers, gate: 'shut' })).toEqual(['gate-shut']);
  });
});
