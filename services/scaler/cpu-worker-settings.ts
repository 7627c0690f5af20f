import type { CpuWorkerSettings } from '../policy/scaling/settings.ts';
import { group } from '../shared/process/environment.ts';
import { optional, wholeNumber } from '../shared/process/setting.ts';

const [minName, maxName] = ['SPILLWAY_CPU_WORKERS_MIN', 'SPILLWAY_CPU_WORKERS_MAX'];
const slotsName = 'SPILLWAY_CPU_WORKER_SLOTS';

/** How many CPU workers there may be; `null`: somebody else decides how many there are. */
export const cpuWorkerSettings = group(
  {
    workersMin: optional(
      wholeNumber(minName, {
        purpose:
          'CPU workers that are there while nothing spills; with the two below, the scaler decides ' +
          'how many there are. Too low waits for the first ones to start, too high pays for idle ones.',
        min: 0,
        max: 10_000,
      }),
    ),
    workersMax: optional(
      wholeNumber(maxName, {
        purpose:
          'The most CPU workers there may be. Too low leaves late what GPU workers cannot do in ' +
          'time, too high crowds out what else runs there.',
        min: 0,
        max: 10_000,
      }),
    ),
    slotsPerWorker: optional(
      wholeNumber(slotsName, {
        purpose:
          'Chunks computed at a time by one CPU worker, as its own SPILLWAY_WORKER_SLOTS says. Too low ' +
          'starts more workers than are needed, too high too few.',
        min: 1,
        max: 1024,
      }),
    ),
  },
  ({ workersMin, workersMax, slotsPerWorker }, report): CpuWorkerSettings | null => {
    const given = { [minName]: workersMin, [maxName]: workersMax, [slotsName]: slotsPerWorker };
    const missing = Object.entries(given).flatMap(([name, value]) => (value === null ? name : []));
    if (workersMin === null || workersMax === null || slotsPerWorker === null) {
      if (missing.length < Object.keys(given).length) {
        report(`${missing.join(' and ')} must be set as well, or none of ${names(given)}.`);
      }
      return null;
    }
    if (workersMin > workersMax) {
      report(`${minName} is ${workersMin}, more than ${maxName} ${workersMax}.`);
    }
    return { workersMin, workersMax, slotsPerWorker };
  },
);

const names = (given: Readonly<Record<string, unknown>>): string => Object.keys(given).join(', ');
