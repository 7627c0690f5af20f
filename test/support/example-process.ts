import { systemClock } from '../../services/shared/clock/system.ts';
import { parseEnvironment } from '../../services/shared/process/environment.ts';
import { nodeHost } from '../../services/shared/process/node-host.ts';
import { run } from '../../services/shared/process/run.ts';
import { processSettings } from '../../services/shared/process/settings.ts';

/** A real process around nothing: `obedient`, `stuck` in its drain, or with a `crash` after start. */
const [, , manner] = process.argv;
const never = new Promise<void>(() => undefined);

await run({
  name: 'example',
  environment: process.env,
  host: nodeHost(process),
  clock: systemClock,
  parseConfig: (environment) => parseEnvironment(processSettings, environment),
  build: () => ({
    start: async () => {
      if (manner === 'crash') void Promise.reject(new Error('a missing await'));
    },
    stopIntake: async () => undefined,
    drain: () => (manner === 'stuck' ? never : Promise.resolve()),
    commit: async () => undefined,
    close: async () => undefined,
  }),
});
