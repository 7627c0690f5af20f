import { expect, it } from 'vitest';
import {
  serverProperties,
  type BrokerPlace,
} from '../../../../services/local/broker/server-properties.ts';

const places: readonly BrokerPlace[] = [1, 2, 3].map((id) => ({
  id,
  port: 20_000 + id,
  controllerPort: 21_000 + id,
  advertisedPort: 22_000 + id,
}));

function properties(count: 1 | 3): ReadonlyMap<string, string> {
  const cluster = places.slice(0, count);
  const [first] = cluster;
  if (first === undefined) throw new Error('a cluster has at least one broker');
  const lines = serverProperties(first, cluster, '/data').trim().split('\n');
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

it('listens on the loopback alone and sends clients to the advertised port', () => {
  const one = properties(1);
  expect(one.get('listeners')).toBe('PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:21001');
  expect(one.get('advertised.listeners')).toBe('PLAINTEXT://127.0.0.1:22001');
});

it('names every controller of the cluster', () => {
  expect(properties(3).get('controller.quorum.voters')).toBe(
    '1@127.0.0.1:21001,2@127.0.0.1:21002,3@127.0.0.1:21003',
  );
});

it('keeps as many copies as there are brokers and asks for two of three to be in step', () => {
  const copies = ['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'];
  for (const [count, expected, inSync] of [
    [1, '1', '1'],
    [3, '3', '2'],
  ] as const) {
    const settings = properties(count);
    for (const topic of copies) expect(settings.get(`${topic}.replication.factor`)).toBe(expected);
    expect(settings.get('transaction.state.log.min.isr')).toBe(inSync);
    expect(settings.get('min.insync.replicas')).toBe(inSync);
  }
});

it('makes no topic by accident and lets sessions be as short as tests need them', () => {
  const one = properties(1);
  expect(one.get('auto.create.topics.enable')).toBe('false');
  expect(Number(one.get('group.min.session.timeout.ms'))).toBeLessThanOrEqual(2000);
});
