// A program that starts a local broker from the build, says what it started, and then does nothing
// until it is killed: the parent in the test that a broker dies with its parent.
import { localBrokerConfig } from '../../dist/services/local/broker/config.js';
import { startLocalBrokers } from '../../dist/services/local/broker/start.js';
import { Keeper } from '../../dist/services/local/processes/keeper.js';
import { systemClock, systemRandom } from '../../dist/services/shared/clock/system.js';

const local = await startLocalBrokers({
  count: 1,
  // The start of a program is where the environment is read.
  // oxlint-disable-next-line no-restricted-properties
  config: localBrokerConfig(process.env),
  keeper: new Keeper(),
  clock: systemClock,
  random: systemRandom,
  report: () => undefined,
});
const facts = {
  event: 'broker-held',
  address: local.addresses[0],
  pid: local.brokers[0]?.pid,
  folder: local.folder,
};
process.stdout.write(`${JSON.stringify(facts)}\n`);
await systemClock.sleepMs(600_000);
