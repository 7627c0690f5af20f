import type { Clock } from '../shared/clock/ports.ts';
import type { RecordSink, RoleSource, TopicAdmin, TopicFollower } from '../shared/kafka/ports.ts';
import type { Logger } from '../shared/process/ports.ts';
import type { DispatcherMetrics } from './telling/metrics.ts';

/** The adapters of one dispatcher; `main.ts` builds them, `Dispatcher.stop` closes them. */
export interface DispatcherPorts {
  readonly clock: Clock;
  readonly intake: RoleSource;
  readonly lanes: RecordSink;
  readonly fleet: TopicFollower;
  readonly outcomes: TopicFollower;
  readonly directive: TopicFollower;
  readonly admin: TopicAdmin;
  readonly log: Logger;
  readonly metrics: DispatcherMetrics;
}
