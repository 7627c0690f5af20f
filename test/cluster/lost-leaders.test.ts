import { it, vi } from 'vitest';
import { systemClock } from '../../services/shared/clock/system.ts';
import { kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { Installation } from '../support/installation/installation.ts';
import { dueChunk } from '../support/installation/paced-work.ts';
import { until } from '../support/kubernetes/until.ts';
import { apiServerPortAnnotation } from './kubelet/environment.ts';
import { installed } from './scene/installed.ts';
import { makeMachinePool, sizeOf } from './scene/machine-deployments.ts';
import type { Release, RunningPod } from './scene/release.ts';
import { ScaleGate } from './scene/scale-gate.ts';
import { clusterAdmin, describeWithCluster } from './scene/scene.ts';
import { poolDecision, ticksOf } from './scene/ticks.ts';
import type { PodTick } from './scene/ticks.ts';

vi.setConfig({ testTimeout: 300_000 });

const clouds = 'leader-clouds';
const leadsWithinMs = 15_000;
const tickMs = 1000;
/** From the decision of a tick to its write, and to our look at it. */
const writesWithinMs = 1500;

describeWithCluster('a lost leader', () => {
  it('is followed within fifteen seconds when it is killed and when it hangs; what it writes late is refused, and what slipped in is corrected within one tick', async ({
    expect,
  }) => {
    const admin = clusterAdmin();
    await admin.create('/api/v1/namespaces', { metadata: { name: clouds } });
    const machines = { namespace: clouds, name: 'gpu' };
    const pool = await makeMachinePool(admin, machines);
    const topicPrefix = uniqueTopicPrefix();
    const gate = await ScaleGate.open();
    const release = await installed('lost-leaders', {
      topicPrefix,
      pools: [pool],
      scalerAnnotations: { [apiServerPortAnnotation]: String(gate.port) },
    });
    const installation = await Installation.open({
      brokers: kafkaAddresses(),
      prefix: topicPrefix,
    });
    try {
      const killed = await release.leader();
      const term = termOf(release);
      const killedAtMs = systemClock.nowMs();
      process.kill(pidOf(killed), 'SIGKILL');
      const follower = await firstTickAfter(release, term);
      console.log(`killed: the stand-by acts after ${follower.loggedAtMs - killedAtMs} ms`);
      expect(follower.loggedAtMs - killedAtMs).toBeLessThan(leadsWithinMs);
      expect(follower.pod, 'who was just started does not lead at once').not.toBe(killed.name);
      await until('both scalers are ready again', async () => {
        const pods = await release.pods('scaler');
        return pods.length === 2 && pods.every(({ isReady }) => isReady);
      });

      const held = gate.holdNext();
      await installation.submit(Array.from({ length: 200 }, () => dueChunk(2, 60_000)));
      await held.arrived;
      const hanging = await release.leader();
      const termHeld = termOf(release);
      const stoppedAtMs = systemClock.nowMs();
      process.kill(pidOf(hanging), 'SIGSTOP');
      const next = await firstTickAfter(release, termHeld);
      expect(next.pod).not.toBe(hanging.name);
      console.log(`stopped: the stand-by acts after ${next.loggedAtMs - stoppedAtMs} ms`);
      expect(next.loggedAtMs - stoppedAtMs).toBeLessThan(leadsWithinMs);
      await until('the new leader has written', async () =>
        gate.passed.some(({ status }) => status === 200),
      );
      expect(await held.release(), 'the answer to what the old leader wrote late').toBe(409);
      process.kill(pidOf(hanging), 'SIGCONT');

      const wanted = poolDecision(next, 'gpu')?.nodesDesired ?? 0;
      expect(wanted).toBeGreaterThan(0);
      await admin.merge(scalePath(clouds), { spec: { replicas: 0 } });
      const slippedInAtMs = systemClock.monotonicMs();
      await until('the size is corrected', async () => (await sizeOf(admin, machines)) > 0, {
        everyMs: 50,
      });
      expect(systemClock.monotonicMs() - slippedInAtMs).toBeLessThan(tickMs + writesWithinMs);
      // The tick that hung had published before; its line comes when the process goes on.
      const told = await until('the old leader tells of the tick that hung', async () => {
        const ticks = ticksOf(release.logs).filter(
          ({ pod, loggedAtMs }) => pod === hanging.name && loggedAtMs > next.loggedAtMs,
        );
        return ticks.length > 0 && ticks;
      });
      expect(told.flatMap(({ orders }) => orders.map(({ outcome }) => outcome))).toEqual([
        'conflict',
      ]);
    } finally {
      await installation.stop();
      await gate.close();
      admin.close();
    }
  });
});

const scalePath = (namespace: string): string =>
  `/apis/cluster.x-k8s.io/v1beta2/namespaces/${namespace}/machinedeployments/gpu/scale`;

function pidOf({ name, pid }: RunningPod): number {
  if (pid === null) throw new Error(`no process runs in ${name}`);
  return pid;
}

const termOf = (release: Release): number => ticksOf(release.logs).at(-1)?.leader.term ?? 0;

/** The first tick that a later leader published. */
function firstTickAfter(release: Release, term: number): Promise<PodTick> {
  return until(
    'a later leader ticks',
    async () =>
      ticksOf(release.logs).find(({ leader, isPublished }) => isPublished && leader.term > term) ??
      null,
    { withinMs: 2 * leadsWithinMs },
  );
}
