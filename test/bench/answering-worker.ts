import { doneHeader, encodeDone } from '../../services/shared/chunk/done-record.ts';
import type { Heartbeat } from '../../services/shared/chunk/fleet.ts';
import type { Assignment } from '../../services/shared/chunk/assignment.ts';
import { laneOrderHeader, parseLaneOrder } from '../../services/shared/chunk/lane-record.ts';
import { inlineBytesDefault, sizeLimits } from '../../services/shared/chunk/limits.ts';
import { topicsWithPrefix, workerGroup } from '../../services/shared/chunk/topics.ts';
import { createBrokerClock } from '../../services/shared/clock/broker-clock.ts';
import { systemClock, systemRandom } from '../../services/shared/clock/system.ts';
import { connectKafka } from '../../services/shared/kafka/kafkajs/connect.ts';
import type { OutgoingRecord, ReceivedRecord } from '../../services/shared/kafka/ports.ts';
import { recordedLog } from '../../services/shared/process/recorded-log.ts';
import { Heartbeats } from '../../services/worker/heartbeats.ts';
import { answerBody, lanePartitions } from './flow-records.ts';

/**
 * A worker without work, as the dispatcher bench needs it: it speaks the contracts of lanes, `done`
 * and `fleet`, and answers at once. Arguments: brokers, topic prefix, then how it takes records:
 * `in-bulk`, as fast as they come and never listed, or `listed`, as a real worker does: taken one by
 * one with a commit each, listed in a heartbeat, and begun when that is acknowledged.
 */
const [brokers = '', prefix = '', how = ''] = process.argv.slice(2);
const topics = topicsWithPrefix(prefix);
const worker = systemRandom.unique();
const clock = systemClock;
const log = recordedLog();
const kafka = connectKafka({
  config: { brokers: brokers.split(','), tls: null, sasl: null },
  clientId: 'spillway-bench-worker',
  limits: sizeLimits(inlineBytesDefault),
  clock,
  random: systemRandom,
  log,
});
const [sink, fleetSink] = await Promise.all([kafka.recordSink(), kafka.recordSink()]);
const inHand = new Map<string, Assignment>();
const heartbeats = new Heartbeats(
  { clock, brokerClock: createBrokerClock(clock), sink: fleetSink, log },
  { topic: topics.fleet, worker, describe },
);

/** Slots and speed of a worker that never keeps anyone waiting. */
function describe(): Omit<Heartbeat, 'worker' | 'sequence'> {
  const atMs = clock.nowMs();
  return {
    kind: 'gpu',
    pool: 'bench',
    node: null,
    state: 'ready',
    emulated: false,
    slots: 10_000,
    models: [{ name: 'bench', version: '1', variant: 'fp32', executionProvider: 'none' }],
    partitions: lanePartitions,
    inHand: [...inHand.values()],
    speeds: [{ model: 'bench', speed: 1_000_000 }],
    startedAtMs: atMs,
    readyAtMs: atMs,
  };
}

function assignmentOf({ headers }: ReceivedRecord): Assignment | null {
  const order = headers.findLast(([name]) => name === laneOrderHeader)?.[1];
  const parsed = parseLaneOrder(order?.toString('utf8') ?? 'null');
  return parsed.ok ? parsed.value.assignment : null;
}

function answerTo(assignment: Assignment, startedAtMs: number | null): OutgoingRecord {
  const done = { kind: 'result', assignment, worker, durationMs: 2000, computeMs: 1 } as const;
  return {
    topic: topics.done,
    key: null,
    value: answerBody(startedAtMs),
    headers: [[doneHeader, Buffer.from(encodeDone(done), 'utf8')]],
  };
}

function fail(error: unknown): void {
  console.error(error);
  process.exitCode = 1;
}

async function answerInBulk(): Promise<void> {
  await kafka.topicFollower().start({
    topics: [topics.lane({ kind: 'gpu', priority: 'live' })],
    from: 'end',
    onFatal: fail,
    onBatch: ({ records }) => {
      const answers = records.flatMap((record) => {
        const assignment = assignmentOf(record);
        return assignment === null ? [] : [answerTo(assignment, null)];
      });
      sink.send(answers).catch(fail);
    },
  });
}

async function answerListed(): Promise<void> {
  const lanes = kafka.laneSource({
    group: workerGroup(topics, 'gpu'),
    lanes: [{ priority: 'live', topic: topics.lane({ kind: 'gpu', priority: 'live' }) }],
    sessionTimeoutMs: 6000,
    aheadBytesMax: 64 * 1024 * 1024,
  });
  let isTaking = false;
  const takeAll = async (): Promise<void> => {
    if (isTaking) return;
    isTaking = true;
    while (lanes.hasWaiting()) {
      const record = await lanes.take();
      const assignment = record === null ? null : assignmentOf(record);
      if (assignment !== null) answerOnceListed(assignment).catch(fail);
    }
    isTaking = false;
  };
  await lanes.start({ onChange: () => void takeAll().catch(fail), onFatal: fail });
}

async function answerOnceListed(assignment: Assignment): Promise<void> {
  const key = systemRandom.unique();
  inHand.set(key, assignment);
  await heartbeats.acknowledged();
  await sink.send([answerTo(assignment, clock.nowMs())]);
  inHand.delete(key);
  heartbeats.change();
}

await (how === 'listed' ? answerListed() : answerInBulk());
heartbeats.start();
console.log('answering');
