import { describe, expect, it } from 'vitest';
import { createKnownSpeeds } from '../../../../services/dispatcher/dispatching/known-speeds.ts';
import type { WorkerLoad } from '../../../../services/policy/dispatch/worker-load.ts';
import { directiveOf } from '../../../support/told-directive.ts';

const configured = { gpu: 10, cpu: 1 };

const workerOf = (kind: 'gpu' | 'cpu', speed: number | null): WorkerLoad => ({
  worker: `${kind} ${speed}`,
  kind,
  priorities: new Set(),
  models: new Set(),
  slots: 1,
  speed,
  assignedChunks: 0,
  assignedMediaMs: 0,
  holdsSuspect: false,
});

const gpuCapacity = { pool: 'a', kind: 'gpu', slotsReady: 1, slotSpeed: 25, coming: [] } as const;
const directive = directiveOf({ capacity: [gpuCapacity] });

describe('the speed of workers that were not measured', () => {
  it('is what was configured while nobody knows better', () => {
    const speeds = createKnownSpeeds(configured);
    expect(speeds.of([workerOf('gpu', null)], null)).toEqual(configured);
  });

  it('is what the scaler knows of their kind, expired or not', () => {
    expect(createKnownSpeeds(configured).of([], directive)).toEqual({ gpu: 25, cpu: 1 });
  });

  it('is that of their kind as it is, and as it last was once all of it are gone', () => {
    const speeds = createKnownSpeeds(configured);
    const workers = [workerOf('gpu', 18), workerOf('gpu', 22), workerOf('gpu', null)];
    expect(speeds.of(workers, directive)).toEqual({ gpu: 20, cpu: 1 });
    expect(speeds.of([], directive)).toEqual({ gpu: 20, cpu: 1 });
  });
});
