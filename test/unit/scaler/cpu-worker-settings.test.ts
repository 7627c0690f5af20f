import { describe, expect, it } from 'vitest';
import { cpuWorkerSettings } from '../../../services/scaler/cpu-worker-settings.ts';
import { parseEnvironment } from '../../../services/shared/process/environment.ts';
import { ProcessError } from '../../../services/shared/process/errors.ts';

const all = {
  SPILLWAY_CPU_WORKERS_MIN: '1',
  SPILLWAY_CPU_WORKERS_MAX: '8',
  SPILLWAY_CPU_WORKER_SLOTS: '2',
};
const read = (environment: Readonly<Record<string, string>>) =>
  parseEnvironment({ cpuWorkers: cpuWorkerSettings }, environment).cpuWorkers;

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ProcessError) return error.problems;
    throw error;
  }
  return [];
}

describe('the settings of CPU workers', () => {
  it('are limits and slots, or nothing where somebody else decides', () => {
    expect(read(all)).toEqual({ workersMin: 1, workersMax: 8, slotsPerWorker: 2 });
    expect(read({})).toBeNull();
  });

  it('are given together or not at all', () => {
    const { SPILLWAY_CPU_WORKERS_MIN: _, ...others } = all;
    expect(problemsOf(others)).toEqual([
      'SPILLWAY_CPU_WORKERS_MIN must be set as well, or none of SPILLWAY_CPU_WORKERS_MIN, ' +
        'SPILLWAY_CPU_WORKERS_MAX, SPILLWAY_CPU_WORKER_SLOTS.',
    ]);
  });

  it('have no least above the most', () => {
    expect(problemsOf({ ...all, SPILLWAY_CPU_WORKERS_MIN: '9' })).toEqual([
      'SPILLWAY_CPU_WORKERS_MIN is 9, more than SPILLWAY_CPU_WORKERS_MAX 8.',
    ]);
  });
});
