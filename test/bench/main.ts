import { benchDecide } from './decide.ts';
import { benchDispatcher } from './dispatcher.ts';
import { benchIdle } from './idle.ts';
import { figureLine } from './figure.ts';
import type { Figure } from './figure.ts';
import { benchKeda } from './keda.ts';
import { benchWorker } from './worker.ts';

const benches: Readonly<Record<string, () => Promise<Figure>>> = {
  decide: benchDecide,
  dispatcher: benchDispatcher,
  idle: benchIdle,
  keda: benchKeda,
  worker: benchWorker,
};

/** `npm run bench -- NAME`: prints what it measures, then one JSON line; exits 1 if the bar does not hold. */
const name = process.argv[2] ?? '';
const bench = benches[name];
if (bench === undefined) {
  console.error(
    `there is no bench ${JSON.stringify(name)}; there are ${Object.keys(benches).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  const figure = await bench();
  console.log(figureLine(figure));
  process.exitCode = figure.holds ? 0 : 1;
}
