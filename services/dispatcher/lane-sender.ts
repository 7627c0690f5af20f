import type { BrokerClock } from '../shared/clock/broker-clock.ts';
import type { Clock } from '../shared/clock/ports.ts';
import type { OutgoingRecord, RecordSink } from '../shared/kafka/ports.ts';
import type { Logger } from '../shared/process/ports.ts';

/** Sends lane records and learns the broker's time from each answer. */
export interface LaneSender {
  /**
   * Sends a record that means nothing, now and each minute until `ended` aborts: start-by is broker
   * time, so nothing may be dispatched before one came back, and after an idle night the clocks of
   * two machines have parted by more than start-by forgives.
   */
  keepTime(ended: AbortSignal): Promise<void>;
  /** Never repeated by us: a record that was lost on its way is healed by its start-by. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
}

const probeIntervalMs = 60_000;
const retryMs = 250;

export function createLaneSender(
  ports: {
    readonly clock: Clock;
    readonly brokerClock: BrokerClock;
    readonly lanes: RecordSink;
    readonly log: Logger;
  },
  fleetTopic: string,
): LaneSender {
  const { clock, brokerClock, lanes, log } = ports;
  const key = Buffer.from('clock-probe');
  const probe = { topic: fleetTopic, partition: 0, key, value: null, headers: [] };
  const sendTimed = async (records: readonly OutgoingRecord[]): Promise<void> => {
    const sentAtMonotonicMs = clock.monotonicMs();
    const [appended] = await lanes.send(records);
    const acknowledgedAtMonotonicMs = clock.monotonicMs();
    const appendedAtMs = appended?.appendedAtMs ?? null;
    if (appendedAtMs === null) return;
    brokerClock.observe({ sentAtMonotonicMs, acknowledgedAtMonotonicMs, appendedAtMs });
  };
  return {
    async keepTime(ended) {
      while (!ended.aborted) {
        try {
          await sendTimed([probe]);
          await clock.sleepMs(probeIntervalMs, ended);
        } catch (error) {
          log.warn('clock-probe-failed', {
            message: brokerClock.isSet()
              ? "the broker's time is reckoned from older answers until it answers again"
              : "the broker's time is not known; no chunk is sent until it is",
            error,
          });
          await clock.sleepMs(retryMs, ended);
        }
      }
    },
    async send(records) {
      try {
        await sendTimed(records);
      } catch (error) {
        log.warn('lane-send-failed', {
          message: `${records.length} chunks may not have reached their lanes; those not started by their start-by are sent again`,
          error,
        });
      }
    },
  };
}
