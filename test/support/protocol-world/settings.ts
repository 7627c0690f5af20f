import { sizeLimits } from '../../../services/shared/chunk/limits.ts';
import {
  allLanes,
  dispatcherGroup,
  intakeTopics,
  outcomeTopics,
  topicsWithPrefix,
  workerGroup,
} from '../../../services/shared/chunk/topics.ts';
import { workerKinds } from '../../../services/shared/chunk/words.ts';
import type { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import type { DispatchSettings } from '../../../services/dispatcher/knowledge/term-state.ts';

export const topics = topicsWithPrefix('world.');
export const sessionTimeoutMs = 6000;
/** Enough for the most workers of one kind that a run can have at a time. */
const lanePartitions = 8;

export function dispatchSettings(
  windowBytesMax: number,
  late: DispatchSettings['late'] = { live: 'last', standard: 'last', bulk: 'last' },
): DispatchSettings {
  return {
    topics,
    limits: sizeLimits(1_000_000),
    defaults: { objectiveMs: { live: 30_000, standard: 300_000, bulk: 3_600_000 }, tenant: 'a' },
    attemptsMax: 3,
    plan: {
      laneHorizonMs: 2000,
      spillHorizonMs: 500,
      otherWorkerWaitMs: 5000,
      pathMs: 300,
      overloadHoldMs: 10_000,
      marginFraction: { gpu: 0.1, cpu: 0.2 },
      floors: { standard: 0.1, bulk: 0.05 },
      unmeasuredSpeed: { gpu: 10, cpu: 1 },
    },
    startWithinMs: 4000,
    late,
    windowBytesMax,
    identityWindowMs: 3_600_000,
  };
}

export async function ensureTopics(kafka: MemoryKafka, partitions: number): Promise<void> {
  const admin = await kafka.connect().topicAdmin();
  const logAppendTime = { 'message.timestamp.type': 'LogAppendTime' };
  const base = { replication: 1, config: logAppendTime };
  const lanes = allLanes.map((lane) => topics.lane(lane));
  await admin.ensure([
    ...intakeTopics(topics).map((topic) => ({ ...base, topic, partitions })),
    ...outcomeTopics(topics).map((topic) => ({ ...base, topic, partitions: 2 })),
    ...lanes.map((topic) => ({ ...base, topic, partitions: lanePartitions })),
    { ...base, topic: topics.done, partitions: 2 },
    { ...base, topic: topics.fleet, partitions: 1 },
    { ...base, topic: topics.demand, partitions: 1 },
    { ...base, topic: topics.directive, partitions: 1 },
  ]);
  await admin.ensureGroupOffsets(dispatcherGroup(topics), [...intakeTopics(topics), topics.done]);
  for (const kind of workerKinds) {
    const lanesOfKind = allLanes.filter((lane) => lane.kind === kind);
    await admin.ensureGroupOffsets(
      workerGroup(topics, kind),
      lanesOfKind.map((lane) => topics.lane(lane)),
    );
  }
  await admin.close();
}
