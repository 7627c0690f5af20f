import type { BrokerClock } from '../clock/broker-clock.ts';
import type { Clock } from '../clock/ports.ts';
import type { Logger } from '../process/ports.ts';
import type { OutgoingRecord, RecordSink } from './ports.ts';

/** What a process learns the broker's time with. */
export interface BrokerTimePorts {
  readonly clock: Clock;
  readonly brokerClock: BrokerClock;
  readonly sink: Pick<RecordSink, 'send'>;
}

/** Often enough that the clocks of two machines do not part by more than a few milliseconds. */
const probeIntervalMs = 60_000;
const retryMs = 250;

/**
 * Sends records and learns the broker's time from the answer, if the first one's topic has
 * LogAppendTime.
 * @throws KafkaPortError as `RecordSink.send` does.
 */
export async function sendTimed(
  { clock, brokerClock, sink }: BrokerTimePorts,
  records: readonly OutgoingRecord[],
): Promise<void> {
  const sentAtMonotonicMs = clock.monotonicMs();
  const [appended] = await sink.send(records);
  const acknowledgedAtMonotonicMs = clock.monotonicMs();
  const appendedAtMs = appended?.appendedAtMs ?? null;
  if (appendedAtMs === null) return;
  brokerClock.observe({ sentAtMonotonicMs, acknowledgedAtMonotonicMs, appendedAtMs });
}

/**
 * Sends a record that means nothing to `topic`, now and each minute until `ended` aborts: whoever
 * reckons in the broker's time must not wait for something to say, and after an idle night the clocks
 * of two machines have parted.
 */
export async function keepBrokerTime(
  ports: BrokerTimePorts & { readonly log: Logger },
  topic: string,
  ended: AbortSignal,
): Promise<void> {
  const { clock, brokerClock, log } = ports;
  const key = Buffer.from('clock-probe');
  const probe = { topic, partition: 0, key, value: null, headers: [] };
  while (!ended.aborted) {
    try {
      await sendTimed(ports, [probe]);
      await clock.sleepMs(probeIntervalMs, ended);
    } catch (error) {
      log.warn('clock-probe-failed', {
        message: brokerClock.isSet()
          ? "the broker's time is reckoned from older answers until it answers again"
          : "the broker's time is not known; nothing is sent or decided by it until it is",
        error,
      });
      await clock.sleepMs(retryMs, ended);
    }
  }
}
