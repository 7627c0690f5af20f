import { it } from 'vitest';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { describeWithKafka } from '../../support/broker.ts';
import { expectOneOutcomeEach } from '../../support/installation/exactly-once.ts';
import { atWork, faultScene, the } from '../../support/installation/fault-scene.ts';
import { demoRepository, dispatching, running } from '../../support/installation/installation.ts';
import type { Installation } from '../../support/installation/installation.ts';
import { resultOf } from '../../support/installation/outcomes.ts';
import { dueChunk, startPaced } from '../../support/installation/paced-work.ts';
import { nameOf, untakenIn } from '../../support/installation/traces.ts';
import { eventually } from '../../support/process-probe.ts';

const elsewhereMsMax = 5000;

describeWithKafka('a burst on GPU and CPU workers', () => {
  const scene = faultScene();
  const demo = { modelRepositories: [demoRepository] };

  it.concurrent(
    'a chunk that nobody can finish in time holds up none behind it, and the later ones are spilled and in time',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context, demo);
      await startPair(installation, { gpuSpeed: 2, cpuSlots: 2, cpuSpeed: 1 });
      // One append, so that the impossible one is not alone when somebody is idle.
      const [impossible, ...later] = await installation.submit([
        dueChunk(30, 10_000, { partition: 0 }),
        ...Array.from({ length: 14 }, () => dueChunk(2, 11_000, { partition: 0 })),
      ]);
      const outcomes = await expectOneOutcomeEach({ installation, expect }, [
        the(impossible),
        ...later,
      ]);
      const results = new Map(outcomes.map((one) => [one.coordinates, resultOf(one)]));
      const behind = later.map((coordinates) => the(results.get(coordinates)));
      expect(results.get(the(impossible))?.deadlineMet).toBe(false);
      expect(behind.filter(({ deadlineMet }) => !deadlineMet)).toEqual([]);
      expect(behind.filter(({ spilled }) => spilled).length).toBeGreaterThan(0);
      expect(behind.filter(({ spilled, device }) => spilled !== (device === 'cpu'))).toEqual([]);
    },
  );

  it.concurrent(
    'with time to spare for the GPU nothing is spilled, however idle the CPU workers are',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context, demo);
      await startPair(installation, { gpuSpeed: 4, cpuSlots: 2, cpuSpeed: 1 });
      const chunks = await installation.submit(
        Array.from({ length: 8 }, () => dueChunk(2, 30_000)),
      );
      const outcomes = await expectOneOutcomeEach({ installation, expect }, chunks);
      expect(outcomes.map((one) => resultOf(one).device)).toEqual(chunks.map(() => 'gpu'));
    },
  );

  it.concurrent(
    'when the last GPU worker dies, what lay in its lane is elsewhere within five seconds and in time',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context, demo);
      const { gpu } = await startPair(installation, { gpuSpeed: 1, cpuSlots: 8, cpuSpeed: 1 });
      const first = await installation.submit([dueChunk(0.5, 30_000), dueChunk(0.5, 30_000)]);
      await installation.outcomes.of(first);
      const chunks = await installation.submit(
        // So short that two in hand leave room for others in the lane.
        Array.from({ length: 16 }, () => dueChunk(0.5, 20_000)),
      );
      const name = await nameOf(gpu);
      await atWork(installation, name);
      gpu.kill('SIGKILL');
      const killedAtMs = systemClock.nowMs();
      await gpu.exited;
      const inLane = await untakenIn(installation);
      const outcomes = await expectOneOutcomeEach({ installation, expect }, [...first, ...chunks]);

      expect(inLane.size).toBeGreaterThan(0);
      const again = installation.tries.started.filter(({ worker }) => worker !== name);
      const elsewhere = again.filter(({ coordinates }) => inLane.has(coordinates));
      expect(elsewhere.map(({ coordinates }) => coordinates).toSorted()).toEqual(
        [...inLane].toSorted(),
      );
      const slowestMs = Math.max(...elsewhere.map(({ atMs }) => atMs - killedAtMs));
      expect(slowestMs).toBeLessThan(elsewhereMsMax);
      expect(outcomes.filter((one) => !resultOf(one).deadlineMet)).toEqual([]);
    },
  );

  it.concurrent(
    'GPU workers that join in the middle of a burst make nobody compute twice',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context, demo);
      await startPair(installation, { gpuSpeed: 4, cpuSlots: 2, cpuSpeed: 1 });
      const chunks = await installation.submit(
        Array.from({ length: 40 }, (_, index) => dueChunk(2, 12_000 + 500 * index)),
      );
      const isHalfway = (): boolean => installation.tries.started.length >= 10;
      await eventually('the burst is under way', isHalfway, 20_000);
      const joining = ['gpu-2', 'gpu-3'].map((name) =>
        startPaced(installation, name, { kind: 'gpu', speed: 4 }),
      );
      await Promise.all(joining.map((worker) => running(worker)));
      const names = await Promise.all(joining.map((worker) => nameOf(worker)));
      const outcomes = await expectOneOutcomeEach({ installation, expect }, chunks);

      expect(installation.tries.repeated()).toEqual(new Map());
      const { started } = installation.tries;
      expect(started.some(({ worker }) => names.includes(worker))).toBe(true);
      expect(outcomes.filter((one) => !resultOf(one).deadlineMet)).toEqual([]);
    },
  );
});

/** A dispatcher, one GPU worker of one slot and one CPU worker, all ready. */
async function startPair(
  installation: Installation,
  speeds: { readonly gpuSpeed: number; readonly cpuSlots: number; readonly cpuSpeed: number },
): Promise<{ readonly gpu: ReturnType<typeof startPaced> }> {
  const dispatcher = installation.startDispatcher();
  const gpu = startPaced(installation, 'gpu', { kind: 'gpu', speed: speeds.gpuSpeed });
  const cpu = startPaced(installation, 'cpu', {
    kind: 'cpu',
    slots: speeds.cpuSlots,
    speed: speeds.cpuSpeed,
  });
  await Promise.all([dispatching(dispatcher), running(gpu), running(cpu)]);
  return { gpu };
}
