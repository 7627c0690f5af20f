import type { Clock, Random } from '../shared/clock/ports.ts';
import type { KafkaConnection } from '../shared/kafka/ports.ts';
import type { ObjectStore } from '../shared/object-store/ports.ts';
import type { Environment } from '../shared/process/ports.ts';
import type { KafkaPlace } from './kafka-place.ts';
import type { VideoCutter } from './submit/cutter-ports.ts';
import type { Terminal } from './terminal.ts';

/** All that commands need of the world; `adapters.ts` has the real one. */
export interface CommandTools {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly random: Random;
  readonly terminal: Terminal;
  /** Opens nothing until something is built. */
  connect(place: KafkaPlace): KafkaConnection;
  /** Why no address takes a connection, as soon as that is certain; `null` where it is not. */
  probeBrokers(brokers: readonly string[]): Promise<string | null>;
  /** `null`: every write is refused. */
  objectStore(root: string | null): ObjectStore;
  /** Loaded when it is needed: FFmpeg is large, and most commands do without it. */
  openCutter(): Promise<VideoCutter>;
  /** Aborts when the person presses Ctrl-C. */
  readonly interrupted: AbortSignal;
}
