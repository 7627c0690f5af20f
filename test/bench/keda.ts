import { Registry } from 'prom-client';
import { kedaMetrics } from '../../services/scaler/keda/keda-metrics.ts';
import { openKedaServer } from '../../services/scaler/keda/keda-server.ts';
import { directiveKeys, encodeDirective } from '../../services/shared/chunk/directive.ts';
import { topicsWithPrefix } from '../../services/shared/chunk/topics.ts';
import { createBrokerClock } from '../../services/shared/clock/broker-clock.ts';
import { systemClock, systemRandom } from '../../services/shared/clock/system.ts';
import { MemoryKafka } from '../../services/shared/kafka/memory/kafka.ts';
import { recordedLog } from '../../services/shared/process/recorded-log.ts';
import { kedaClient, refOf } from '../support/keda/keda-client.ts';
import type { Told } from '../support/keda/keda-client.ts';
import { directiveOf } from '../support/told-directive.ts';
import type { Figure } from './figure.ts';

const barMs = 20;
const warmUpPolls = 100;
const measuredPolls = 1500;
/** Polls of KEDA and of the HPA, of several ScaledObjects, come at the same time. */
const pollersMax = 4;
/** As many groups as a large installation has pools. */
const pools = Array.from({ length: 20 }, (_, index) => `pool-${index}`);
const publishEveryMs = 50;
const topics = topicsWithPrefix('bench.');

/**
 * How long KEDA waits for each of its calls: over real gRPC on loopback, in the order in which KEDA
 * asks, while directives with other numbers are published all the time.
 */
export async function benchKeda(): Promise<Figure> {
  const kafka = new MemoryKafka({ clock: systemClock, random: systemRandom });
  const admin = await kafka.connect().topicAdmin();
  await admin.ensure([{ topic: topics.directive, partitions: 1, replication: 1, config: {} }]);
  const ended = new AbortController();
  const publishing = publishOn(kafka, ended.signal);
  const server = await openServer(kafka);
  const client = kedaClient(`127.0.0.1:${server.port}`);
  const tookMs = new Map<string, number[]>();
  let refused = 0;
  const timed = async (method: string, ask: () => Promise<Told>): Promise<void> => {
    const beganAtMs = systemClock.monotonicMs();
    const told = await ask();
    const lastedMs = systemClock.monotonicMs() - beganAtMs;
    if ('code' in told) refused += 1;
    const measured = tookMs.get(method) ?? [];
    measured.push(lastedMs);
    tookMs.set(method, measured);
  };
  const poll = async (number: number): Promise<void> => {
    const pool = pools[number % pools.length] ?? '';
    const ref = refOf({ name: `workers-${pool}`, metadata: { kind: 'gpu', pool } });
    await timed('GetMetricSpec', () => client.call('GetMetricSpec', ref));
    const request = { scaledObjectRef: ref, metricName: 'workers' };
    await timed('GetMetrics', () => client.call('GetMetrics', request));
    await timed('IsActive', () => client.call('IsActive', ref));
  };
  await pollAll(warmUpPolls, poll);
  tookMs.clear();
  refused = 0;
  await pollAll(measuredPolls, poll);
  ended.abort();
  client.close();
  const [directives] = await Promise.all([publishing, server.close()]);
  return figureOf(tookMs, { refused, directives });
}

async function pollAll(count: number, poll: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const poller = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) await poll(number);
  };
  await Promise.all(Array.from({ length: pollersMax }, poller));
}

/** Resolves with how many were published. */
async function publishOn(kafka: MemoryKafka, ended: AbortSignal): Promise<number> {
  const sink = await kafka.connect().recordSink();
  let sequence = 0;
  do {
    sequence += 1;
    const issuedAtMs = systemClock.nowMs();
    const workers = pools.map((pool, index) => ({
      kind: 'gpu' as const,
      pool,
      replicas: (sequence + index) % 9,
      isActive: (sequence + index) % 9 > 0,
    }));
    const leader = { term: 1, sequence };
    const expiresAtMs = issuedAtMs + 30_000;
    const value = encodeDirective(directiveOf({ leader, issuedAtMs, expiresAtMs, workers }));
    const key = Buffer.from(directiveKeys.directive);
    await sink.send([
      { topic: topics.directive, partition: 0, key, value: Buffer.from(value), headers: [] },
    ]);
    await systemClock.sleepMs(publishEveryMs, ended);
  } while (!ended.aborted);
  return sequence;
}

function openServer(kafka: MemoryKafka): ReturnType<typeof openKedaServer> {
  const brokerClock = createBrokerClock(systemClock);
  const nowMs = systemClock.monotonicMs();
  brokerClock.observe({
    sentAtMonotonicMs: nowMs,
    acknowledgedAtMonotonicMs: nowMs,
    appendedAtMs: systemClock.nowMs(),
  });
  return openKedaServer({
    address: '127.0.0.1',
    port: 0,
    tls: null,
    topics,
    sized: pools.map((pool) => ({ kind: 'gpu', pool })),
    clock: systemClock,
    brokerClock,
    follower: kafka.connect().topicFollower(),
    log: recordedLog(),
    metrics: kedaMetrics(new Registry()),
    onFatal: (error) => {
      throw error;
    },
  });
}

function figureOf(
  tookMs: ReadonlyMap<string, readonly number[]>,
  counts: { readonly refused: number; readonly directives: number },
): Figure {
  const within = (values: readonly number[], fraction: number): number => {
    const sorted = values.toSorted((a, b) => a - b);
    return Number((sorted[Math.ceil(fraction * sorted.length) - 1] ?? Number.NaN).toFixed(3));
  };
  const methods = Object.fromEntries(
    [...tookMs].map(([method, values]) => [
      method,
      { calls: values.length, p50Ms: within(values, 0.5), p99Ms: within(values, 0.99) },
    ]),
  );
  for (const [method, { calls, p50Ms, p99Ms }] of Object.entries(methods)) {
    console.log(
      `${method}: ${calls} calls, half within ${p50Ms} ms, 99 % within ${p99Ms} ms (bar ${barMs} ms)`,
    );
  }
  const figure = Math.max(...Object.values(methods).map(({ p99Ms }) => p99Ms));
  const holds = figure <= barMs && counts.refused === 0;
  return { bench: 'keda', figure, bar: barMs, holds, methods, ...counts };
}
