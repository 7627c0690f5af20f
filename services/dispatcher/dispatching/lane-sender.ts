import type { BrokerClock } from '../../shared/clock/broker-clock.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import { keepBrokerTime, sendTimed } from '../../shared/kafka/broker-time.ts';
import type { OutgoingRecord, RecordSink } from '../../shared/kafka/ports.ts';
import type { Logger } from '../../shared/process/ports.ts';

/** Sends lane records and other words of the active one, and learns the broker's time from each answer. */
export interface LaneSender {
  /**
   * Sends a record that means nothing, now and each minute until `ended` aborts: start-by is broker
   * time, so nothing may be dispatched before one came back, and after an idle night the clocks of
   * two machines have parted by more than start-by forgives.
   */
  keepTime(ended: AbortSignal): Promise<void>;
  /** Never repeated by us: a record that was lost on its way is healed by its start-by. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Sends what is said anew every second. @throws KafkaPortError when it was not taken. */
  tell(record: OutgoingRecord): Promise<void>;
}

export function createLaneSender(
  ports: {
    readonly clock: Clock;
    readonly brokerClock: BrokerClock;
    readonly lanes: RecordSink;
    readonly log: Logger;
  },
  fleetTopic: string,
): LaneSender {
  const { clock, brokerClock, lanes: sink, log } = ports;
  const timed = { clock, brokerClock, sink };
  return {
    keepTime: (ended) => keepBrokerTime({ ...timed, log }, fleetTopic, ended),
    tell: (record) => sendTimed(timed, [record]),
    async send(records) {
      try {
        await sendTimed(timed, records);
      } catch (error) {
        log.warn('lane-send-failed', {
          message: `${records.length} chunks may not have reached their lanes; those not started by their start-by are sent again`,
          error,
        });
      }
    },
  };
}
