import { kedaMetrics } from '../../../services/scaler/keda/keda-metrics.ts';
import { openKedaServer } from '../../../services/scaler/keda/keda-server.ts';
import type { KedaServer } from '../../../services/scaler/keda/keda-server.ts';
import type { KedaTls } from '../../../services/scaler/keda/keda-settings.ts';
import type { Trigger } from '../../../services/scaler/keda/trigger.ts';
import { directiveKeys, encodeDirective } from '../../../services/shared/chunk/directive.ts';
import type { Directive, WorkersWanted } from '../../../services/shared/chunk/directive.ts';
import { topicsWithPrefix } from '../../../services/shared/chunk/topics.ts';
import { createBrokerClock } from '../../../services/shared/clock/broker-clock.ts';
import { ManualClock, seededRandom } from '../../../services/shared/clock/manual.ts';
import { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import type { MemoryConnection } from '../../../services/shared/kafka/memory/kafka.ts';
import { recordedLog } from '../../../services/shared/process/recorded-log.ts';
import type { RecordedLog } from '../../../services/shared/process/recorded-log.ts';
import { Registry } from 'prom-client';
import { directiveOf } from '../told-directive.ts';
import { kedaClient } from './keda-client.ts';
import type { Asked, KedaClient } from './keda-client.ts';

const topics = topicsWithPrefix('spillway.');
const lifetimeMs = 30_000;

/** One scaler process, as KEDA sees it. */
export interface ServingScaler {
  readonly client: KedaClient;
  readonly port: number;
  readonly log: RecordedLog;
  readonly registry: Registry;
  readonly kafka: MemoryConnection;
  readonly server: KedaServer;
}

/** Scalers that serve KEDA from directives on the twin of Kafka, on a manual clock. */
export interface ServedDirectives {
  readonly clock: ManualClock;
  open(change?: {
    readonly tls?: KedaTls;
    readonly sized?: readonly Trigger[];
  }): Promise<ServingScaler>;
  /** Publishes the next directive and lets every scaler read it. */
  publish(workers: readonly WorkersWanted[], change?: Partial<Directive>): Promise<void>;
  say(value: string): Promise<void>;
  closeAll(): Promise<void>;
}

export const gpuAsked: Asked = {
  name: 'spillway-gpu-worker-l4',
  metadata: { kind: 'gpu', pool: 'l4', topicPrefix: 'spillway.' },
};
export const cpuAsked: Asked = { name: 'spillway-cpu-worker', metadata: { kind: 'cpu' } };

export const gpuWanted = (replicas: number, isActive = replicas > 0): WorkersWanted => ({
  kind: 'gpu',
  pool: 'l4',
  replicas,
  isActive,
});

export async function servedDirectives(): Promise<ServedDirectives> {
  const clock = new ManualClock(1_700_000_000_000);
  const kafka = new MemoryKafka({ clock, random: seededRandom(1) });
  const admin = await kafka.connect().topicAdmin();
  await admin.ensure([{ topic: topics.directive, partitions: 1, replication: 1, config: {} }]);
  const sink = await kafka.connect().recordSink();
  const opened: ServingScaler[] = [];
  let sequence = 0;
  const say = async (value: string): Promise<void> => {
    const key = Buffer.from(directiveKeys.directive);
    await sink.send([
      { topic: topics.directive, partition: 0, key, value: Buffer.from(value), headers: [] },
    ]);
    // The twin hands on what was appended within the turn, an idle answer within a second.
    await clock.elapseMs(1);
  };
  return {
    clock,
    say,
    async open({ tls, sized } = {}) {
      const connection = kafka.connect();
      const [log, registry] = [recordedLog(), new Registry()];
      const brokerClock = createBrokerClock(clock);
      const nowMs = clock.monotonicMs();
      brokerClock.observe({
        sentAtMonotonicMs: nowMs,
        acknowledgedAtMonotonicMs: nowMs,
        appendedAtMs: clock.nowMs(),
      });
      const server = await openKedaServer({
        address: '127.0.0.1',
        port: 0,
        tls: tls ?? null,
        topics,
        sized: sized ?? [
          { kind: 'gpu', pool: 'l4' },
          { kind: 'cpu', pool: null },
        ],
        clock,
        brokerClock,
        follower: connection.topicFollower(),
        log,
        metrics: kedaMetrics(registry),
        onFatal: (error) => {
          throw error;
        },
      });
      await clock.elapseMs(1);
      const client = kedaClient(`127.0.0.1:${server.port}`);
      const scaler = { client, port: server.port, log, registry, kafka: connection, server };
      opened.push(scaler);
      return scaler;
    },
    async publish(workers, change = {}) {
      sequence += 1;
      const issuedAtMs = clock.nowMs();
      const leader = { term: 1, sequence };
      const expiresAtMs = issuedAtMs + lifetimeMs;
      await say(
        encodeDirective(directiveOf({ leader, issuedAtMs, expiresAtMs, workers, ...change })),
      );
    },
    async closeAll() {
      for (const { client, server } of opened.splice(0)) {
        client.close();
        const closed = server.close();
        await clock.elapseMs(1000);
        await closed;
      }
    },
  };
}
