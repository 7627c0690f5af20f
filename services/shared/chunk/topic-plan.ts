import type { SizeLimits } from './limits.ts';
import { mebibyte } from './limits.ts';
import { allLanes, intakeTopics, outcomeTopics } from './topics.ts';
import type { Topics } from './topics.ts';
import type { WorkerKind } from './words.ts';

/** One topic as it should be; `config` by Kafka's own names. */
export interface PlannedTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface TopicPlanOptions {
  readonly topics: Topics;
  readonly limits: SizeLimits;
  readonly partitions: {
    /** Of each of the three intake topics. */
    readonly intake: number;
    /** Of each lane of a kind: at least the most workers of that kind, or some get no work. */
    readonly lane: Readonly<Record<WorkerKind, number>>;
    readonly done: number;
    /** Of results, of dead letters and of expired. */
    readonly outcomes: number;
  };
  /** Copies of each partition; 3 or more survive the loss of a broker without losing a record. */
  readonly replication: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Every topic of one installation, in the order in which a chunk meets them; then what is told. */
export function topicPlan(options: TopicPlanOptions): readonly PlannedTopic[] {
  const { topics, limits, partitions } = options;
  const planned = (topic: string, count: number, own: Record<string, string>): PlannedTopic => ({
    topic,
    partitions: count,
    replication: options.replication,
    config: { ...configOfAll(options.replication), ...own },
  });
  const { intakeRecordBytesMax, innerRecordBytesMax, resultRecordBytesMax } = limits;
  return [
    ...intakeTopics(topics).map((topic) =>
      planned(topic, partitions.intake, kept(intakeRetentionMs, intakeRecordBytesMax)),
    ),
    ...allLanes.map((lane) =>
      planned(topics.lane(lane), partitions.lane[lane.kind], {
        ...kept(laneRetentionMs, innerRecordBytesMax),
        // Only closed segments are deleted: without this, a quiet lane would keep its video for a week.
        'segment.ms': String(laneRetentionMs / 2),
      }),
    ),
    planned(topics.done, partitions.done, {
      ...kept(doneRetentionMs, innerRecordBytesMax),
      'segment.ms': String(hourMs),
    }),
    ...outcomeTopics(topics).map((topic) =>
      planned(
        topic,
        partitions.outcomes,
        topic === topics.results
          ? kept(resultRetentionMs, resultRecordBytesMax)
          : kept(refusedRetentionMs, innerRecordBytesMax),
      ),
    ),
    // One partition: its offsets order all workers' words, and one position tells how fresh a reader is.
    planned(topics.fleet, 1, toldConfig),
    planned(topics.demand, 1, toldConfig),
    planned(topics.directive, 1, keptForeverConfig),
    planned(topics.operator, 1, keptForeverConfig),
  ];
}

/**
 * A weekend's outage and the days until someone has mended it. Chunks expire long before; what is
 * still here after a week was unread by a dispatcher that did not run, and ends as an alarm.
 */
const intakeRetentionMs = 7 * dayMs;

/**
 * Lanes hold seconds of work, and intake the truth: a lane record that is deleted untaken has passed
 * its `start-by` long ago and was sent elsewhere. Short, because each one carries the whole video.
 */
const laneRetentionMs = 10 * minuteMs;

/** Losing a report costs computing it again, no more, so this need only outlast a short outage. */
const doneRetentionMs = dayMs;

/** Long enough for a consumer of results that was down over a holiday week to catch up. */
const resultRetentionMs = 14 * dayMs;

/** Dead letters and expired are looked at by people, who take their time. */
const refusedRetentionMs = 30 * dayMs;

function configOfAll(replication: number): Record<string, string> {
  return {
    // Any producer is welcome and Node unpacks only gzip: the broker undoes what a producer chose,
    // so that the limit of a record's size also bounds what it unpacks to. Video does not compress.
    'compression.type': 'uncompressed',
    // The broker's clock everywhere: a sender with a wrong clock can neither have records deleted
    // early nor keep a segment for ever, and `start-by` and submission are measured by it.
    'message.timestamp.type': 'LogAppendTime',
    // With acks=all, an acknowledged record survives one broker; below three copies the second one
    // would make every restart of a broker an outage.
    'min.insync.replicas': replication >= 3 ? '2' : '1',
    // A broker that was behind must not become leader: it would forget what was settled.
    'unclean.leader.election.enable': 'false',
  };
}

function kept(retentionMs: number, recordBytesMax: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(retentionMs),
    // By time only: a limit in bytes would delete unfinished chunks in the very burst that matters.
    'retention.bytes': '-1',
    'max.message.bytes': String(recordBytesMax),
  };
}

/** Of what is told again every second, and soon means nothing any more. */
const toldConfig: Readonly<Record<string, string>> = {
  // The last word of each teller, and none of those that are long gone without a tombstone.
  'cleanup.policy': 'compact,delete',
  'retention.ms': String(hourMs),
  'retention.bytes': '-1',
  // Only closed segments are compacted or deleted, so they close often; 8 MiB is a few minutes of
  // heartbeats of 50 workers, and Kafka 4 takes no less than 1 MiB.
  'segment.ms': String(5 * minuteMs),
  'segment.bytes': String(8 * mebibyte),
  'min.cleanable.dirty.ratio': '0.1',
  'max.compaction.lag.ms': String(10 * minuteMs),
  'delete.retention.ms': String(5 * minuteMs),
  // A heartbeat is a few kilobytes, even with hundreds of assignments in hand.
  'max.message.bytes': String(mebibyte),
};

const keptForeverConfig: Readonly<Record<string, string>> = {
  // The scaler's memory and an operator's word must outlast any outage: nothing is deleted by age.
  'cleanup.policy': 'compact',
  'segment.ms': String(5 * minuteMs),
  'segment.bytes': String(8 * mebibyte),
  'min.cleanable.dirty.ratio': '0.1',
  'max.compaction.lag.ms': String(10 * minuteMs),
  'max.message.bytes': String(mebibyte),
};
