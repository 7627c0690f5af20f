// A program that starts another one from the build, the file named in its first argument, and passes
// on its lines: the parent in the test that a program and its own children die with their parent.
import { Keeper } from '../../dist/services/local/processes/keeper.js';
import { Program } from '../../dist/services/local/processes/program.js';
import { systemClock } from '../../dist/services/shared/clock/system.js';

const program = new Program({
  name: 'child',
  entryFile: process.argv[2],
  // The start of a program is where the environment is read.
  // oxlint-disable-next-line no-restricted-properties
  environment: process.env,
  keeper: new Keeper(),
  clock: systemClock,
  onLog: (line) => process.stdout.write(`${line.text}\n`),
});
await program.exited;
