import type { Clock } from '../../../services/shared/clock/ports.ts';
import type {
  KafkaConnection,
  OutgoingRecord,
  TopicPartition,
} from '../../../services/shared/kafka/ports.ts';

/** What the contract needs from whoever implements the ports, beyond the ports themselves. */
export interface KafkaHarness {
  readonly name: string;
  /** The time that the implementation lives by. */
  readonly clock: Clock;
  /** Lower-case; the topics and groups of one run must not meet those of another. */
  readonly prefix: string;
  /** A process of its own. */
  connect(): KafkaConnection;
  /**
   * Returns once `event` has resolved or a little time has passed: with a manual clock by moving
   * it, with the machine's by waiting for whichever comes first.
   */
  letTimePass(event: Promise<void>): Promise<void>;
  /** A producer outside Spillway appends in a transaction of its own and leaves it open. */
  openTransaction(records: readonly OutgoingRecord[]): Promise<ForeignTransaction>;
  /** Removes everything below `offset`, as retention would. */
  deleteBefore(partition: TopicPartition, offset: number): Promise<void>;
  /** How many members a group has. */
  memberCount(group: string): Promise<number>;
  close(): Promise<void>;
}

export interface ForeignTransaction {
  end(how: 'committed' | 'aborted'): Promise<void>;
}
