import { describe, expect, it } from 'vitest';
import { parseHeartbeat } from '../../../services/shared/chunk/fleet.ts';
import { createBrokerClock } from '../../../services/shared/clock/broker-clock.ts';
import { ManualClock, seededRandom } from '../../../services/shared/clock/manual.ts';
import { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import { recordedLog } from '../../../services/shared/process/recorded-log.ts';
import { Heartbeats } from '../../../services/worker/heartbeats.ts';
import { assignmentOf, heartbeatOf } from '../../support/dispatcher-term.ts';

const topic = 'fleet';

async function beating() {
  const clock = new ManualClock(1000);
  const kafka = new MemoryKafka({ clock, random: seededRandom(1), requestTimeoutMs: 1000 });
  const connection = kafka.connect();
  const config = { 'message.timestamp.type': 'LogAppendTime' };
  await (await connection.topicAdmin()).ensure([{ topic, partitions: 1, replication: 1, config }]);
  const log = recordedLog();
  const brokerClock = createBrokerClock(clock);
  const sink = await connection.recordSink();
  const described = { ...heartbeatOf('worker-a', 0) };
  const heartbeats = new Heartbeats(
    { clock, brokerClock, sink, log },
    { topic, worker: 'worker-a', describe: () => described },
  );
  heartbeats.start();
  const heard = () => kafka.records(topic).map(({ value }) => parseHeartbeat(String(value)));
  return {
    clock,
    heartbeats,
    brokerClock,
    described,
    log,
    faults: connection.faults,
    heard,
    kafka,
  };
}

describe('the heartbeats of a worker', () => {
  it('come every second, each with a higher sequence', async () => {
    const { clock, heard } = await beating();
    await clock.elapseMs(3500);
    const sequences = heard().map((each) => (each.ok ? each.value.sequence : null));
    expect(sequences).toEqual([1, 2, 3, 4]);
  });

  it('come soon after a change, and not faster than fifty a second', async () => {
    const { clock, heartbeats, heard } = await beating();
    await clock.elapseMs(500);
    expect(heard()).toHaveLength(1);
    heartbeats.change();
    await clock.elapseMs(1);
    expect(heard()).toHaveLength(2);
    for (let count = 0; count < 50; count += 1) {
      heartbeats.change();
      await clock.elapseMs(2);
    }
    expect(heard().length).toBeLessThanOrEqual(8);
  });

  it('are acknowledged only by one that was described after the asking', async () => {
    const { clock, heartbeats, described, faults, heard } = await beating();
    faults.cutOff();
    heartbeats.change();
    await clock.elapseMs(100);
    Object.assign(described, { inHand: [assignmentOf('live/0/1')] });
    let isAcknowledged = false;
    void heartbeats.acknowledged().then(() => {
      isAcknowledged = true;
    });
    await clock.elapseMs(500);
    expect(isAcknowledged).toBe(false);
    faults.recover();
    await clock.elapseMs(100);
    expect(isAcknowledged).toBe(true);
    expect(heard().at(-1)).toMatchObject({
      ok: true,
      value: { inHand: [assignmentOf('live/0/1')] },
    });
  });

  it('say once that nobody hears them, and once that somebody does again', async () => {
    const { clock, log, faults } = await beating();
    await clock.elapseMs(100);
    faults.cutOff();
    await clock.elapseMs(20_000);
    faults.recover();
    await clock.elapseMs(5000);
    expect(log.lines.map(({ event }) => event)).toEqual([
      'heartbeat-failed',
      'heartbeat-heard-again',
    ]);
  });

  it('teach the time of the broker', async () => {
    const { clock, brokerClock } = await beating();
    clock.stepWallMs(-500_000);
    await clock.elapseMs(2000);
    expect(brokerClock.isSet()).toBe(true);
    expect(Math.abs(brokerClock.nowMs() - clock.nowMs())).toBeLessThan(2);
  });

  it('end with a tombstone, and never come again', async () => {
    const { clock, heartbeats, kafka } = await beating();
    await clock.elapseMs(100);
    const left = heartbeats.leave();
    await clock.elapseMs(100);
    await left;
    await clock.elapseMs(5000);
    const values = kafka.records(topic).map(({ value }) => value);
    expect(values.at(-1)).toBeNull();
    expect(values).toHaveLength(2);
  });

  it('let a worker leave that cannot say so', async () => {
    const { clock, heartbeats, faults, log } = await beating();
    await clock.elapseMs(100);
    faults.cutOff();
    const left = heartbeats.leave();
    await clock.elapseMs(10_000);
    await left;
    expect(log.lines.at(-1)?.event).toBe('leaving-not-told');
  });
});
