import type { Program } from '../../../services/local/processes/program.ts';
import { coordinatesKey } from '../../../services/shared/chunk/coordinates.ts';
import { parseHeartbeat } from '../../../services/shared/chunk/fleet.ts';
import { laneOrderHeader, parseLaneOrder } from '../../../services/shared/chunk/lane-record.ts';
import { laneTopics, workerGroup } from '../../../services/shared/chunk/topics.ts';
import { workerKinds } from '../../../services/shared/chunk/words.ts';
import type { Topics } from '../../../services/shared/chunk/topics.ts';
import { partitionKey } from '../../../services/shared/kafka/ports.ts';
import type { KafkaConnection, ReceivedRecord } from '../../../services/shared/kafka/ports.ts';
import { headerTexts } from '../../../services/shared/kafka/record-headers.ts';
import { eventually } from '../process-probe.ts';
import { raise } from '../raise.ts';

interface Place {
  readonly kafka: KafkaConnection;
  readonly topics: Topics;
}

/** Coordinates of the chunks whose lane records no worker has taken, as of some moment of the call. */
export async function untakenIn({ kafka, topics }: Place): Promise<ReadonlySet<string>> {
  const lanes = workerKinds.flatMap((kind) => laneTopics(topics, kind));
  const reader = await kafka.lagReader();
  const committed = new Map<string, number>();
  for (const kind of workerKinds) {
    for (const lag of await reader.read(workerGroup(topics, kind), laneTopics(topics, kind))) {
      committed.set(partitionKey(lag), lag.committed ?? 0);
    }
  }
  await reader.close();
  const untaken = new Set<string>();
  for (const record of await readWhole(kafka, lanes)) {
    if (record.offset < (committed.get(partitionKey(record)) ?? 0)) continue;
    const order = parseLaneOrder(headerTexts(record.headers).get(laneOrderHeader) ?? 'null');
    if (order.ok) untaken.add(coordinatesKey(order.value.assignment.coordinates));
  }
  return untaken;
}

/** Coordinates of the chunks in a worker's hand by the last heartbeat that the broker has of it. */
export async function lastHandOf(
  { kafka, topics }: Place,
  worker: string,
): Promise<ReadonlySet<string>> {
  const words = await readWhole(kafka, [topics.fleet]);
  const last = words.findLast(({ key }) => key?.toString('utf8') === worker);
  const heartbeat = parseHeartbeat(last?.value?.toString('utf8') ?? 'null');
  if (!heartbeat.ok) throw new Error(`fleet has no heartbeat of ${worker} at its end`);
  return new Set(heartbeat.value.inHand.map(({ coordinates }) => coordinatesKey(coordinates)));
}

/** The name under which a worker's process is known to the fleet. */
export async function nameOf(worker: Program): Promise<string> {
  const { fields } = await worker.waitForLog(
    (line) => line.fields?.['event'] === 'worker-named',
    10_000,
  );
  const name = fields?.['worker'];
  return typeof name === 'string' ? name : '';
}

async function readWhole(
  kafka: KafkaConnection,
  topics: readonly string[],
): Promise<readonly ReceivedRecord[]> {
  const records: ReceivedRecord[] = [];
  const positions = new Map<string, number>();
  const follower = kafka.topicFollower();
  await follower.start({
    topics,
    from: 'beginning',
    onFatal: raise,
    onBatch: (batch) => {
      records.push(...batch.records);
      positions.set(partitionKey(batch), batch.nextOffset);
    },
  });
  const ends = await follower.readableEnds();
  await eventually(`${topics.join(', ')} are read to their ends`, () =>
    [...ends].every(([key, end]) => (positions.get(key) ?? 0) >= end),
  );
  await follower.stop();
  return records;
}
