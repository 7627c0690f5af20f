import { describe, expect, it } from 'vitest';
import { replicaWriter, replicasOf } from '../../../../services/scaler/replicas/replica-writer.ts';
import type { WorkersWanted } from '../../../../services/shared/chunk/directive.ts';
import { ManualClock, seededRandom } from '../../../../services/shared/clock/manual.ts';
import {
  MemoryKubernetes,
  memoryClusters,
} from '../../../../services/shared/kubernetes/memory/kubernetes.ts';

const place = { namespace: 'spillway', context: null };
const gpu = { kind: 'gpu' as const, pool: 'l4', name: 'gpu-worker-l4', ...place };
const cpu = { kind: 'cpu' as const, pool: null, name: 'cpu-worker', ...place };
const typeOf = { group: 'apps', version: 'v1', plural: 'deployments', namespace: 'spillway' };
const wanted = (replicas: number, own: Partial<WorkersWanted> = {}): WorkersWanted => ({
  kind: 'gpu',
  pool: 'l4',
  replicas,
  isActive: replicas > 0,
  ...own,
});

function world(replicas = 1) {
  const cluster = new MemoryKubernetes({ clock: new ManualClock(0), random: seededRandom(1) });
  const connection = cluster.connect();
  const clusters = memoryClusters({ '': connection });
  for (const { name } of [gpu, cpu]) {
    cluster.put(typeOf, { metadata: { name, namespace: 'spillway' }, spec: { replicas } });
  }
  const sizeOf = (name: string) =>
    (cluster.find({ ...typeOf, name }) as { spec: { replicas: number } }).spec.replicas;
  const open = () => replicaWriter({ clusters, deployments: [gpu, cpu] });
  return { cluster, connection, sizeOf, open };
}
const always = () => true;

describe('the writer of replicas', () => {
  it('keeps each Deployment at what the directive wants of its workers', async () => {
    const { sizeOf, open, connection } = world();
    const writer = open();
    await writer.look();
    const all = [wanted(3), wanted(1, { kind: 'cpu', pool: null })];
    const reports = await writer.write(all, always);
    expect(reports.map(({ replicas, outcome }) => [replicas, outcome])).toEqual([
      [3, 'written'],
      [1, 'equal'],
    ]);
    expect([sizeOf(gpu.name), sizeOf(cpu.name)]).toEqual([3, 1]);
    const writes = connection.faults.requests().filter(({ verb }) => verb === 'update');
    expect(writes).toHaveLength(1);
  });

  it('leaves alone of what nothing is wanted', async () => {
    const { sizeOf, open } = world(4);
    const writer = open();
    await writer.look();
    const reports = await writer.write([wanted(2, { pool: 'h100' })], always);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['held', 'held']);
    expect(sizeOf(gpu.name)).toBe(4);
  });

  it('writes nothing once it does not lead any more', async () => {
    const { sizeOf, open } = world();
    const writer = open();
    await writer.look();
    const reports = await writer.write([wanted(3)], () => false);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['not-leading']);
    expect(sizeOf(gpu.name)).toBe(1);
  });

  it('does not write over what another scaler wrote since the look', async () => {
    const { sizeOf, open } = world();
    const [former, leader] = [open(), open()];
    await former.look();
    await leader.look();
    await leader.write([wanted(5)], always);
    const [report] = await former.write([wanted(0)], always);
    expect(report).toMatchObject({ outcome: 'conflict', error: { code: 'conflict' } });
    expect(sizeOf(gpu.name)).toBe(5);
  });

  it('holds what it could not read, with the reason, and goes on with the next tick', async () => {
    const { sizeOf, open, connection } = world();
    const writer = open();
    connection.faults.fail({ verbs: ['get'], code: 'forbidden', times: 2 });
    await writer.look();
    const [report] = await writer.write([wanted(3)], always);
    expect(report).toMatchObject({ outcome: 'held', error: { code: 'forbidden' } });
    await writer.look();
    await writer.write([wanted(3)], always);
    expect(sizeOf(gpu.name)).toBe(3);
  });

  it.each([
    [wanted(0, { isActive: true }), 4, 1],
    [wanted(0, { isActive: true }), 1, 1],
    [wanted(0, { isActive: true }), 0, 0],
    [wanted(0), 4, 0],
    [wanted(2), 4, 2],
  ])('makes of %o and %i that are there %i', (own, current, replicas) => {
    expect(replicasOf(own, current)).toBe(replicas);
  });
});
