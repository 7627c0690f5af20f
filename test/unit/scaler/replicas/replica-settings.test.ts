import { describe, expect, it } from 'vitest';
import { replicaSettings } from '../../../../services/scaler/replicas/replica-settings.ts';
import { ProcessError } from '../../../../services/shared/process/errors.ts';
import { parseEnvironment } from '../../../../services/shared/process/environment.ts';

const gpu = { kind: 'gpu', pool: 'l4', namespace: 'spillway', name: 'spillway-gpu-worker-l4' };
const cpu = { kind: 'cpu', namespace: 'spillway', name: 'spillway-cpu-worker' };

const configOf = (...given: readonly unknown[]) =>
  parseEnvironment({ replicas: replicaSettings }, { SPILLWAY_REPLICAS: JSON.stringify(given) })
    .replicas;

function problemsOf(...given: readonly unknown[]): readonly string[] {
  try {
    configOf(...given);
  } catch (error) {
    if (error instanceof ProcessError) return error.problems;
    throw error;
  }
  return [];
}

describe('the settings of the replica writer', () => {
  it('name Deployments of GPU workers by their pool, and one of all CPU workers', () => {
    expect(configOf(gpu, { ...cpu, context: 'far' })).toEqual([
      { ...gpu, context: null },
      { ...cpu, pool: null, context: 'far' },
    ]);
  });

  it('name none where KEDA or nobody writes', () => {
    expect(parseEnvironment({ replicas: replicaSettings }, {}).replicas).toEqual([]);
  });

  it.each([
    [{ ...gpu, pool: undefined }, 'SPILLWAY_REPLICAS[0].pool: '],
    [{ ...cpu, pool: 'l4' }, 'SPILLWAY_REPLICAS[0].pool: '],
    [{ ...gpu, kind: 'tpu' }, 'SPILLWAY_REPLICAS[0].kind: '],
    [{ ...gpu, replicas: 3 }, 'Unrecognized key: "replicas"'],
  ])('refuse %o', (wrong, words) => {
    expect(problemsOf(wrong).join(' ')).toContain(words);
  });

  it('refuse a Deployment twice, and workers twice', () => {
    expect(problemsOf(gpu, { ...gpu, pool: 'h100' }, { ...gpu, name: 'other' })).toEqual([
      'SPILLWAY_REPLICAS[1]: spillway-gpu-worker-l4 in spillway stands before it; each Deployment stands once.',
      'SPILLWAY_REPLICAS[2]: another Deployment before it is that of the GPU workers of l4; there is one.',
    ]);
  });
});
