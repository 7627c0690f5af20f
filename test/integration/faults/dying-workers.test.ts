import { it } from 'vitest';
import type { Program } from '../../../services/local/processes/program.ts';
import { describeWithKafka } from '../../support/broker.ts';
import { expectOneOutcomeEach, settledSoFar } from '../../support/installation/exactly-once.ts';
import {
  executorsOf,
  holdExecutors,
  killExecutors,
  killWhoeverStarts,
  letExecutorsGo,
} from '../../support/installation/executors.ts';
import { atWork, attemptsOf, faultScene, the } from '../../support/installation/fault-scene.ts';
import { running } from '../../support/installation/installation.ts';
import { resultOf } from '../../support/installation/outcomes.ts';
import { lastHandOf, nameOf } from '../../support/installation/traces.ts';
import { eventually } from '../../support/process-probe.ts';

/** Takes far longer than it takes to kill whoever begins it. */
const poisonFrames = 400;

describeWithKafka('dying workers', () => {
  const scene = faultScene();

  it.concurrent(
    'a worker killed in mid-batch costs what it had in hand one try, and nothing else',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { workers } = await installation.startAll(2);
      const doomed = the(workers[0]);
      const name = await nameOf(doomed);
      const first = await installation.submit(scene.work().chunks(6));
      await installation.outcomes.of(first);
      holdExecutors(doomed);
      const rest = await installation.submit(scene.work().chunks(12));
      await atWork(installation, name);
      doomed.kill('SIGKILL');
      await doomed.exited;
      const settled = settledSoFar(installation);
      const inHand = await lastHandOf(installation, name);
      const interrupted = installation.tries.unfinishedOf(name).map((one) => one.coordinates);
      installation.startWorker('worker-again');

      const chunks = [...first, ...rest];
      const outcomes = await expectOneOutcomeEach({ installation, expect }, chunks);
      expect(interrupted).toHaveLength(1);
      expect(interrupted.filter((coordinates) => !inHand.has(coordinates))).toEqual([]);
      for (const outcome of outcomes) {
        expect(resultOf(outcome).attempt).toBe(inHand.has(outcome.coordinates) ? 2 : 1);
      }
      expect([...installation.tries.repeated()]).toEqual(interrupted.map((one) => [one, 2]));
      expect(settled.startedAgain()).toEqual([]);
    },
  );

  it.concurrent(
    'an executor killed in mid-chunk costs that chunk one try, and its worker stays',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { workers } = await installation.startAll(1);
      const worker = the(workers[0]);
      holdExecutors(worker);
      const chunks = await installation.submit(scene.work().chunks(6));
      await atWork(installation, await nameOf(worker));
      const interrupted = the(installation.tries.started[0]).coordinates;
      killExecutors(worker);

      const outcomes = await expectOneOutcomeEach({ installation, expect }, chunks);
      for (const outcome of outcomes) {
        expect(resultOf(outcome).attempt).toBe(outcome.coordinates === interrupted ? 2 : 1);
      }
      expect([...installation.tries.repeated()]).toEqual([[interrupted, 2]]);
      expect(worker.hasEnded).toBe(false);
      expect(executorsOf(worker)).toHaveLength(1);
    },
  );

  it.concurrent(
    'a chunk that kills every executor is a dead letter after three tries, and the lane flows on',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      // One for each try: where an executor was just killed, the next is still loading.
      const { workers } = await installation.startAll(3);
      const deaths = await killWhoeverStarts({ installation, workers, id: 'poison' });
      const [poisoned] = scene.work().chunks(1, poisonFrames);
      const chunks = await installation.submit([
        ...scene.work().chunks(4),
        { value: the(poisoned).value, headers: { ce_id: 'poison' } },
        ...scene.work().chunks(8),
      ]);

      const outcomes = await expectOneOutcomeEach({ installation, expect }, chunks);
      const poison = the(outcomes.find(({ id }) => id === 'poison'));
      const others = outcomes.filter(({ id }) => id !== 'poison');
      expect(poison).toMatchObject({ kind: 'dead-letter', reason: 'executor-crashed' });
      expect(poison.message).toContain('after 3 attempts');
      expect(attemptsOf(others)).toEqual(others.map(() => 1));
      expect([...installation.tries.repeated()]).toEqual([[poison.coordinates, 3]]);
      expect(deaths()).toBe(3);
      expect(workers.map(({ hasEnded }) => hasEnded)).toEqual([false, false, false]);
    },
  );

  it.concurrent(
    'a chunk that kills whole workers is a dead letter after three, and condemns no neighbour',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { workers } = await installation.startAll(2);
      // Workers whose speed is known get several chunks at a time.
      const warm = await installation.submit(scene.work().chunks(8));
      await installation.outcomes.of(warm);
      const hands: ReadonlySet<string>[] = [];
      const watch = async (worker: Program): Promise<void> => {
        const name = await nameOf(worker);
        const killIt = async (): Promise<void> => {
          // The first killed hand is to hold a neighbour; later ones get as long a chance to.
          holdExecutors(worker);
          for (let look = 0; look < 20; look += 1) {
            if ((await lastHandOf(installation, name)).size > 1) break;
          }
          worker.kill('SIGKILL');
          await worker.exited;
          hands.push(await lastHandOf(installation, name));
          void watch(installation.startWorker('again'));
        };
        installation.tries.onStarted((started) => {
          if (started.id === 'poison' && started.worker === name) void killIt();
        });
      };
      await Promise.all(workers.map(watch));
      const [poisoned] = scene.work().chunks(1, poisonFrames);
      const chunks = await installation.submit([
        { value: the(poisoned).value, headers: { ce_id: 'poison' } },
        ...scene.work().chunks(10),
      ]);

      const outcomes = await expectOneOutcomeEach({ installation, expect }, [...warm, ...chunks]);
      const poison = the(outcomes.find(({ id }) => id === 'poison'));
      const others = outcomes.filter(({ id }) => id !== 'poison');
      expect(poison).toMatchObject({ kind: 'dead-letter', reason: 'worker-lost' });
      expect(poison.message).toContain('after 3 attempts');
      const [first, ...later] = hands;
      expect(the(first).size).toBeGreaterThan(1);
      expect([...the(first)]).toContain(poison.coordinates);
      expect(later).toEqual([new Set([poison.coordinates]), new Set([poison.coordinates])]);
      for (const outcome of others) {
        expect(resultOf(outcome).attempt).toBe(the(first).has(outcome.coordinates) ? 2 : 1);
      }
      expect([...installation.tries.repeated()]).toEqual([[poison.coordinates, 3]]);
    },
  );

  it.concurrent('a worker that joins and leaves makes nobody compute twice', async (context) => {
    const { expect } = context;
    const installation = await scene.open(context);
    const { workers } = await installation.startAll(1);
    const first = the(workers[0]);
    holdExecutors(first);
    const chunks = await installation.submit(scene.work().chunks(20));
    await atWork(installation, await nameOf(first));
    const second = installation.startWorker('second');
    await running(second);
    await eventually(
      'the second worker has finished some',
      () => installation.tries.finished.length > 2,
      20_000,
    );
    holdExecutors(second);
    const more = await installation.submit(scene.work().chunks(10));
    await atWork(installation, await nameOf(second));
    second.kill('SIGTERM');
    await second.waitForLog(({ fields }) => fields?.['state'] === 'draining', 10_000);
    letExecutorsGo(second);
    expect(await second.exited).toEqual({ kind: 'exited', code: 0 });
    letExecutorsGo(first);

    const outcomes = await expectOneOutcomeEach({ installation, expect }, [...chunks, ...more]);
    expect(attemptsOf(outcomes)).toEqual(outcomes.map(() => 1));
    expect(installation.tries.repeated()).toEqual(new Map());
  });
});
