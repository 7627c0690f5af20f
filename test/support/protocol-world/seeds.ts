import type { Environment } from '../../../services/shared/process/ports.ts';
import type { History } from './history.ts';
import type { WorldOptions } from './options.ts';

interface SeedRange {
  readonly from: number;
  readonly to: number;
}

const variable = 'SPILLWAY_SIMULATION_SEEDS';

/** `SPILLWAY_SIMULATION_SEEDS=7` or `=1000-3000`; both ends are run. */
export function seedRange(environment: Environment, usual: SeedRange): SeedRange {
  const wanted = environment[variable];
  if (wanted === undefined || wanted === '') return usual;
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(wanted);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (match === null || to < from) {
    throw new RangeError(
      `${variable} is ${JSON.stringify(wanted)}; accepted: a seed such as 7, or a range such as 1-200`,
    );
  }
  return { from, to };
}

/** Everything that is needed to see the same run again, and its story. */
export function failureReport(options: WorldOptions, history: History): string {
  return [
    `seed ${options.seed}: ${history.violations.map(({ kind, what }) => `${kind} (${what})`).join('; ')}`,
    `options ${JSON.stringify(options)}`,
    `again: ${variable}=${options.seed} npx vitest run --config test/vitest.config.ts --project simulation`,
    ...history.events,
  ].join('\n');
}
