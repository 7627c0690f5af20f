import type {
  RoleSource,
  LaneSource,
  RecordSink,
  TopicFollower,
} from '../../../services/shared/kafka/ports.ts';

/** Wraps around the ports of every process: how a test takes one rule of the protocol away. */
export interface Sabotage {
  /** The transactional id of the dispatcher process of this name. */
  readonly transactionalId?: (usual: string, process: string) => string;
  readonly intake?: (intake: RoleSource) => RoleSource;
  readonly outcomes?: (outcomes: TopicFollower) => TopicFollower;
  readonly fleet?: (fleet: TopicFollower) => TopicFollower;
  readonly directive?: (directive: TopicFollower) => TopicFollower;
  readonly lanes?: (lanes: LaneSource) => LaneSource;
  readonly workerSink?: (sink: RecordSink) => RecordSink;
}
