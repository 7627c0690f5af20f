import { experimental, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import healthCheck from 'grpc-health-check';
import type { Topics } from '../../shared/chunk/topics.ts';
import type { BrokerClock } from '../../shared/clock/broker-clock.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import type { KafkaPortError, TopicFollower } from '../../shared/kafka/ports.ts';
import type { Logger } from '../../shared/process/ports.ts';
import { answerIsActive, answerMetricSpec, answerMetrics, callerOf } from './answers.ts';
import type { Knowledge } from './answers.ts';
import { externalScalerName, externalScalerService } from './external-scaler.ts';
import type {
  ExternalScalerMethod,
  GetMetricsRequest,
  ScaledObjectRef,
} from './external-scaler.ts';
import type { KedaMetrics } from './keda-metrics.ts';
import { KedaServerError } from './keda-server-error.ts';
import type { KedaConfig } from './keda-settings.ts';
import { createPolls } from './polls.ts';
import { createRefusalLog } from './refusal-log.ts';
import type { RefusalLog } from './refusal-log.ts';
import { createStreams } from './streams.ts';
import type { Streams } from './streams.ts';
import { followTlsFiles } from './tls-files.ts';
import type { Answer, Trigger } from './trigger.ts';
import { createWorkersView } from './workers-view.ts';

export interface KedaServerOptions extends KedaConfig {
  readonly topics: Pick<Topics, 'directive' | 'prefix'>;
  /** The groups of workers that the settings let the scaler size. */
  readonly sized: readonly Trigger[];
  readonly clock: Clock;
  /** The broker's time as the scaler of this process knows it. */
  readonly brokerClock: BrokerClock;
  /** Of its own: the server starts it and stops it. */
  readonly follower: TopicFollower;
  readonly log: Logger;
  readonly metrics: KedaMetrics;
  /** What was published cannot be read any more, for good. */
  readonly onFatal: (error: KafkaPortError) => void;
}

export interface KedaServer {
  /** The port it listens on, never 0. */
  readonly port: number;
  /** Ends streams and connections; safe to call twice. */
  close(): Promise<void>;
}

/** A directive expires between two records; health and streams hear of it this soon. */
const lookEveryMs = 1000;
/** KEDA's own calls end within milliseconds. */
const closeWithinMs = 1000;

const serverOptions = {
  // Questions of KEDA are a few hundred bytes.
  'grpc.max_receive_message_length': 64 * 1024,
  'grpc.max_concurrent_streams': 1000,
  // A caller that went without a word must not hold its streams for ever.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
};

/**
 * Serves KEDA's external scaler contract, and gRPC's health, from what the leading scaler published.
 *
 * @throws KedaServerError. @throws KafkaPortError when the directive's topic cannot be followed.
 */
export async function openKedaServer(options: KedaServerOptions): Promise<KedaServer> {
  const { clock, follower, log, metrics, topics, sized } = options;
  const view = createWorkersView(options);
  const installation = { topicPrefix: topics.prefix, sized };
  const knowledge = { view, polls: createPolls(clock, view), installation };
  const streams = createStreams(knowledge);
  const health = new healthCheck.HealthImplementation({ '': 'SERVING' });
  const ended = new AbortController();
  const server = new Server(serverOptions);
  addMethods(server, { ...options, knowledge, streams, refusals: createRefusalLog(log) });
  health.addToServer(server);
  const look = (): void => {
    streams.tell();
    metrics.streams.set(streams.count());
    health.setStatus(externalScalerName, view.read().kind === 'known' ? 'SERVING' : 'NOT_SERVING');
  };
  look();
  const port = await bind(server, options, ended.signal);
  try {
    await follower.start({
      topics: [topics.directive],
      from: 'beginning',
      onBatch: (batch) => {
        view.apply(batch);
        look();
      },
      onFatal: options.onFatal,
    });
  } catch (error) {
    ended.abort();
    server.forceShutdown();
    throw error;
  }
  void (async () => {
    for (;;) {
      await clock.sleepMs(lookEveryMs, ended.signal);
      if (ended.signal.aborted) return;
      look();
    }
  })();
  log.info('keda-listening', { port, address: options.address, tls: tlsWords(options) });
  return {
    port,
    async close() {
      if (ended.signal.aborted) return;
      ended.abort();
      streams.endAll();
      await Promise.all([shutDown(server, clock), follower.stop()]);
    },
  };
}

const tlsWords = ({ tls }: KedaConfig): string =>
  tls === null ? 'off' : tls.clientAuthorityFile === null ? 'on' : 'on, with client certificates';

async function bind(
  server: Server,
  { address, port, tls, ...ports }: KedaServerOptions,
  ended: AbortSignal,
): Promise<number> {
  const credentials =
    tls === null ? ServerCredentials.createInsecure() : await secureCredentials(tls, ports, ended);
  const host = address === null ? '[::]' : address.includes(':') ? `[${address}]` : address;
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
      if (error === null) {
        resolve(bound);
        return;
      }
      const message =
        `KEDA cannot be served on ${address ?? 'all addresses'}, port ${port}: ${error.message}; ` +
        'set SPILLWAY_KEDA_PORT to a free port';
      reject(new KedaServerError('port-unavailable', message, error));
    });
  });
}

async function secureCredentials(
  tls: NonNullable<KedaConfig['tls']>,
  ports: { readonly clock: Clock; readonly log: Logger },
  ended: AbortSignal,
): Promise<ServerCredentials> {
  const files = await followTlsFiles(tls, ports, ended);
  const asksClients = tls.clientAuthorityFile !== null;
  // grpc-js 1.14 declares the two providers in the other order than it takes them: identity first.
  return experimental.createCertificateProviderServerCredentials(
    files,
    asksClients ? files : null,
    asksClients,
  );
}

interface Serving {
  readonly knowledge: Knowledge;
  readonly streams: Streams;
  readonly refusals: RefusalLog;
  readonly metrics: KedaMetrics;
  readonly clock: Clock;
}

function addMethods(server: Server, serving: Serving): void {
  const { knowledge, streams } = serving;
  const sameRef = (request: ScaledObjectRef): ScaledObjectRef => request;
  server.addService(externalScalerService(), {
    IsActive: unary(serving, 'IsActive', {
      refOf: sameRef,
      answer: (request) => answerIsActive(request, knowledge),
    }),
    GetMetricSpec: unary(serving, 'GetMetricSpec', {
      refOf: sameRef,
      answer: (request) => answerMetricSpec(request, knowledge),
    }),
    GetMetrics: unary(serving, 'GetMetrics', {
      refOf: ({ scaledObjectRef }: GetMetricsRequest) => scaledObjectRef,
      answer: (request) => answerMetrics(request, knowledge),
    }),
    StreamIsActive: streaming(serving, 'StreamIsActive', streams.openActive),
    StreamMetricSpec: streaming(serving, 'StreamMetricSpec', streams.openSpec),
  });
}

function unary<Request, Response>(
  serving: Serving,
  method: ExternalScalerMethod,
  {
    refOf,
    answer,
  }: {
    readonly refOf: (request: Request) => ScaledObjectRef | null;
    readonly answer: (request: Request) => Answer<Response>;
  },
): handleUnaryCall<Request, Response> {
  const { metrics, clock } = serving;
  return ({ request }, callback) => {
    const beganAtMs = clock.monotonicMs();
    const answered = answer(request);
    note(serving, method, { ref: refOf(request), answered });
    metrics.callSeconds.observe({ method }, (clock.monotonicMs() - beganAtMs) / 1000);
    if (answered.kind === 'given') callback(null, answered.value);
    else callback(errorOf(answered.refusal));
  };
}

function streaming<Response>(
  serving: Serving,
  method: ExternalScalerMethod,
  open: (call: Parameters<handleServerStreamingCall<ScaledObjectRef, Response>>[0]) => Answer<null>,
): handleServerStreamingCall<ScaledObjectRef, Response> {
  return (call) => {
    const answered = open(call);
    note(serving, method, { ref: call.request, answered });
    if (answered.kind === 'refused') call.emit('error', errorOf(answered.refusal));
  };
}

function note(
  { refusals, metrics }: Serving,
  method: ExternalScalerMethod,
  { ref, answered }: { readonly ref: ScaledObjectRef | null; readonly answered: Answer<unknown> },
): void {
  const caller = ref === null ? 'somebody' : callerOf(ref);
  if (answered.kind === 'given') refusals.answered(caller, method);
  else refusals.refused(caller, method, answered.refusal);
  const code = answered.kind === 'given' ? 'OK' : answered.refusal.code;
  metrics.calls.inc({ method, code });
}

const errorOf = ({
  code,
  message,
}: {
  readonly code: keyof typeof status;
  readonly message: string;
}): { readonly code: number; readonly details: string } => ({
  code: status[code],
  details: message,
});

/** Calls under way are answered; whoever stays on the line after that is cut off. */
async function shutDown(server: Server, clock: Clock): Promise<void> {
  const closed = new AbortController();
  const orderly = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  const late = clock.sleepMs(closeWithinMs, closed.signal);
  await Promise.race([orderly, late]);
  closed.abort();
  server.forceShutdown();
}
