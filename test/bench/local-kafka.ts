import { localBrokerConfig } from '../../services/local/broker/config.ts';
import { describeBrokerReport } from '../../services/local/broker/reports.ts';
import { startLocalBrokers } from '../../services/local/broker/start.ts';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { systemClock, systemRandom } from '../../services/shared/clock/system.ts';

/** One broker for the length of `action`. */
export async function withKafka<Value>(
  action: (brokers: readonly string[]) => Promise<Value>,
): Promise<Value> {
  const keeper = new Keeper();
  const brokers = await startLocalBrokers({
    count: 1,
    config: localBrokerConfig(process.env),
    keeper,
    clock: systemClock,
    random: systemRandom,
    report: (report) => console.log(describeBrokerReport(report)),
  });
  try {
    return await action(brokers.addresses);
  } finally {
    await brokers.stop();
    await keeper.close();
  }
}
