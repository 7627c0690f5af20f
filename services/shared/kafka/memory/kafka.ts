import type { Clock, Random } from '../../clock/ports.ts';
import type { KafkaConnection, OutgoingRecord, ReceivedRecord, TopicPartition } from '../ports.ts';
import { Group } from './group.ts';
import { MemoryRoleSource } from './role-source.ts';
import { MemoryLagReader } from './lag-reader.ts';
import { MemoryLaneSource } from './lane-source.ts';
import { Link } from './link.ts';
import type { MemoryCluster, MemoryProcess, SettleFault } from './process.ts';
import { MemoryRecordSink } from './record-sink.ts';
import { MemoryTopicAdmin } from './topic-admin.ts';
import { MemoryTopicFollower } from './topic-follower.ts';
import { MemoryTopics } from './topics.ts';
import { Transactions } from './transactions.ts';

/** What a test can do to one process. */
export interface ProcessFaults {
  /** Stops everything the process does with Kafka, as SIGSTOP would, until `recover`. */
  silence(): void;
  /** Takes the network away until `recover`: calls end as `unreachable` after the time-out. */
  cutOff(): void;
  recover(): void;
  /** Lets the next settle fail, once; the term dies of it. */
  failNextSettle(where: SettleFault): void;
}

export interface MemoryConnection extends KafkaConnection {
  readonly faults: ProcessFaults;
}

/** How long a call waits for a broker that is cut off, unless the test says otherwise. */
const requestTimeoutMsDefault = 5000;

/**
 * A twin of the port's verbs, not of a broker: topics, groups and transactions as far as a caller of
 * the ports can see them. Nothing happens inside a caller's own turn, all else happens at once, and
 * only heartbeats, idle answers and time-outs wait for the clock. With a manual clock and a seeded
 * random source every run is the same. Not modelled: retention by time, compaction, disk, latency.
 */
export class MemoryKafka {
  readonly #cluster: MemoryCluster;
  readonly #requestTimeoutMs: number;

  constructor(options: {
    readonly clock: Clock;
    readonly random: Random;
    readonly requestTimeoutMs?: number;
  }) {
    const { clock, random } = options;
    const topics = new MemoryTopics(clock);
    const groups = new Map<string, Group>();
    const group = (name: string): Group => {
      const known = groups.get(name) ?? new Group({ clock, random, topics });
      groups.set(name, known);
      return known;
    };
    const transactions = new Transactions({ clock, topics });
    this.#cluster = { clock, random, topics, transactions, group };
    this.#requestTimeoutMs = options.requestTimeoutMs ?? requestTimeoutMsDefault;
  }

  /** A process of its own, with a link of its own. */
  connect(): MemoryConnection {
    const link = new Link(this.#cluster.clock, this.#requestTimeoutMs);
    let settleFault: SettleFault | null = null;
    const process: MemoryProcess = {
      cluster: this.#cluster,
      link,
      takeSettleFault: () => {
        const fault = settleFault;
        settleFault = null;
        return fault;
      },
    };
    return {
      recordSink: () => Promise.resolve(new MemoryRecordSink(process)),
      topicFollower: () => new MemoryTopicFollower(process),
      roleSource: (options) => new MemoryRoleSource(process, options),
      laneSource: (options) => new MemoryLaneSource(process, options),
      lagReader: () => Promise.resolve(new MemoryLagReader(process)),
      topicAdmin: () => Promise.resolve(new MemoryTopicAdmin(process)),
      faults: {
        silence: () => link.become('silenced'),
        cutOff: () => link.become('cut-off'),
        recover: () => link.become('up'),
        failNextSettle: (where) => {
          settleFault = where;
        },
      },
    };
  }

  /** What a producer outside Spillway does: the returned function ends its transaction. */
  openTransaction(records: readonly OutgoingRecord[]): (end: 'committed' | 'aborted') => void {
    const { transactions, random, group } = this.#cluster;
    const id = random.unique();
    const epoch = transactions.connect(id);
    const step = { id, epoch, group: group(id), offsets: [] };
    transactions.run({ ...step, outcomes: records, end: 'open' });
    return (end) => transactions.end(id, end);
  }

  /** Retention, or an operator: everything below `offset` is gone. */
  deleteBefore(partition: TopicPartition, offset: number): void {
    this.#cluster.topics.log(partition).deleteBefore(offset);
    this.#cluster.topics.changed(partition.topic);
  }

  /** All members of the group lose their membership and join anew, the active one first. */
  rebalance(group: string): void {
    this.#cluster.group(group).dropMembers();
  }

  memberCount(group: string): number {
    return this.#cluster.group(group).size;
  }

  /** All that a `read_committed` reader finds in the topic, by partition and offset. */
  records(topic: string): readonly ReceivedRecord[] {
    return this.#cluster.topics
      .logs(topic)
      .flatMap((log) => log.read(log.start, Number.POSITIVE_INFINITY).records);
  }
}
