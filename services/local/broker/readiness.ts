import kafkajs from 'kafkajs';
import type { Clock } from '../../shared/clock/ports.ts';

const pollMs = 50;
const connectTimeoutMs = 1000;
const requestTimeoutMs = 3000;

export interface ClusterAwaited {
  readonly address: string;
  /** Another cluster may answer at an address that ours could not get. */
  readonly clusterId: string;
  readonly brokersMin: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Resolves to `true` when the broker at `address` answers for this cluster, has a controller, and
 * sees itself and in all `brokersMin` brokers alive, which is when topics and groups can be made;
 * to `false` when `signal` aborts first. Every failure to connect only means "not yet".
 */
export async function awaitCluster(options: ClusterAwaited): Promise<boolean> {
  const { address, clusterId, brokersMin, clock, signal } = options;
  while (!signal.aborted) {
    const alive = await readLiveBrokers(address, clusterId);
    if (alive.length >= brokersMin && alive.includes(address)) return true;
    await clock.sleepMs(pollMs, signal);
  }
  return false;
}

/** The live brokers' addresses as the one at `address` knows them; none while it is silent. */
async function readLiveBrokers(address: string, clusterId: string): Promise<readonly string[]> {
  const client = new kafkajs.Kafka({
    clientId: 'spillway-local-readiness',
    brokers: [address],
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    return cluster.controller === null || cluster.clusterId !== clusterId
      ? []
      : cluster.brokers.map(({ host, port }) => `${host}:${port}`);
  } catch {
    return [];
  } finally {
    await admin.disconnect();
  }
}
