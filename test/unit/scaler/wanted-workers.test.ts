import { describe, expect, it } from 'vitest';
import type {
  ReplicaReport,
  ReplicaWriter,
} from '../../../services/scaler/replicas/replica-writer.ts';
import { KubernetesError } from '../../../services/shared/kubernetes/ports.ts';
import { bootMs, ScalerWorld, tickMs } from '../../support/scaler-world/scaler-world.ts';
import {
  burst,
  nodesNow,
  ordered,
  settleInMs,
  takeOverMsMax,
} from '../../support/scaler-world/ticks.ts';

describe('the workers that are wanted', () => {
  const deployment = {
    kind: 'gpu' as const,
    pool: 'gpu',
    namespace: 'n',
    name: 'd',
    context: null,
  };

  function recordedReplicas(outcome: ReplicaReport['outcome'] = 'written') {
    const calls: string[] = [];
    const writer: ReplicaWriter = {
      look: () => {
        calls.push('look');
        return Promise.resolve();
      },
      write(wanted, mayAct) {
        calls.push(`write ${wanted.map(({ replicas }) => replicas).join()} ${mayAct()}`);
        const error = outcome === 'written' ? null : new KubernetesError('forbidden', 'no rights');
        return Promise.resolve([{ deployment, replicas: 1, outcome, error }]);
      },
    };
    return { calls, writer };
  }

  it('are published, and told to whoever writes replicas after a look of this very tick', async () => {
    const world = await ScalerWorld.open();
    const { calls, writer } = recordedReplicas();
    world.replicas = writer;
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    world.due = burst;
    await world.elapse(2 * tickMs);
    const nodes = ordered(world).at(-1);
    expect(nodes).toBeGreaterThan(0);
    expect(world.directive()?.workers).toEqual([
      { kind: 'gpu', pool: 'gpu', replicas: nodes, isActive: true },
    ]);
    expect(calls.slice(-2)).toEqual(['look', `write ${nodes} true`]);
    const text = await scaler.registry.metrics();
    expect(text).toContain(`spillway_scaler_workers_desired{kind="gpu",pool="gpu"} ${nodes}`);
    expect(text).toMatch(/replica_writes_total\{kind="gpu",pool="gpu",outcome="written"\} [1-9]/u);
  });

  it('are written by nobody but the leader, and not before they were published', async () => {
    const world = await ScalerWorld.open();
    const scaler = await world.start('a');
    await world.elapse(settleInMs);
    const { calls, writer } = recordedReplicas();
    world.replicas = writer;
    await world.start('b');
    await world.elapse(2 * tickMs);
    expect(calls).toEqual([]);
    scaler.process.kill();
    await world.elapse(takeOverMsMax);
    expect(calls.slice(0, 2)).toEqual(['look', expect.stringContaining('write')]);
  });

  it('are warned of once where they cannot be written', async () => {
    const world = await ScalerWorld.open();
    world.replicas = recordedReplicas('forbidden').writer;
    const scaler = await world.start('a');
    await world.elapse(settleInMs + 2 * tickMs);
    expect(scaler.of('replicas-failed')).toHaveLength(1);
    expect(scaler.of('replicas-failed')[0]?.fields['message']).toBe(
      'the Deployment n/d was not told to have 1: no rights; the next tick looks again',
    );
  });
});

describe('what nodes cost', () => {
  it('is told by the leader alone', async () => {
    const world = await ScalerWorld.open();
    const first = await world.start('a');
    const second = await world.start('b');
    await world.elapse(settleInMs);
    world.due = burst;
    await world.elapse(2 * bootMs);
    const nodes = await nodesNow(world);
    const text = await first.registry.metrics();
    expect(text).toContain(`spillway_scaler_cost_per_hour{pool="gpu"} ${3 * nodes}`);
    expect(text).toMatch(/spillway_scaler_cost_total\{pool="gpu"\} 0\.\d*[1-9]/u);
    expect(await second.registry.metrics()).not.toMatch(/^spillway_scaler_cost/mu);
    await first.scaler.stop();
    expect(await first.registry.metrics()).not.toMatch(/^spillway_scaler_cost_per_hour\{/mu);
  });
});
