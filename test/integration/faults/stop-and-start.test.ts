import { it } from 'vitest';
import { describeWithKafka } from '../../support/broker.ts';
import { expectOneOutcomeEach, settledSoFar } from '../../support/installation/exactly-once.ts';
import { holdExecutors, letExecutorsGo } from '../../support/installation/executors.ts';
import { atWork, attemptsOf, faultScene, the } from '../../support/installation/fault-scene.ts';
import { nameOf, untakenIn } from '../../support/installation/traces.ts';
import { eventually } from '../../support/process-probe.ts';

describeWithKafka('stopping and starting', () => {
  const scene = faultScene();

  it.concurrent(
    'all is stopped in mid-work and started again: only what was given back is computed again',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context, {
        environment: { SPILLWAY_DRAIN_SECONDS: '2' },
      });
      const { dispatcher, workers } = await installation.startAll(2);
      const [stuck, quick] = [the(workers[0]), the(workers[1])];
      const first = await installation.submit(scene.work().chunks(4));
      await installation.outcomes.of(first);
      holdExecutors(stuck);
      holdExecutors(quick);
      const rest = await installation.submit(scene.work().chunks(16));
      await Promise.all([stuck, quick].map(async (one) => atWork(installation, await nameOf(one))));
      const settled = settledSoFar(installation);
      const all = [stuck, quick, dispatcher];
      for (const program of all) program.kill('SIGTERM');
      letExecutorsGo(quick);
      const exits = await Promise.all(all.map(({ exited }) => exited));
      expect(exits).toEqual(all.map(() => ({ kind: 'exited', code: 0 })));
      const givenBack = installation.tries.finished.filter(({ outcome }) => outcome !== 'result');
      const untaken = await untakenIn(installation);
      const left = await installation.lag();
      expect(left.intake).toBeGreaterThan(0);
      await installation.startAll(2);

      const outcomes = await expectOneOutcomeEach({ installation, expect }, [...first, ...rest]);
      expect(attemptsOf(outcomes)).toEqual(outcomes.map(() => 1));
      expect(givenBack).toHaveLength(1);
      const repeated = [...installation.tries.repeated().keys()];
      expect(repeated).toContain(the(givenBack[0]).coordinates);
      const may = new Set([...untaken, ...givenBack.map(({ coordinates }) => coordinates)]);
      expect(repeated.filter((coordinates) => !may.has(coordinates))).toEqual([]);
      expect(settled.startedAgain()).toEqual([]);
    },
  );

  it.concurrent(
    'all is killed in mid-work and started again: only what was in hand or in lanes is computed again',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { dispatcher, workers } = await installation.startAll(2);
      const [early, late] = [the(workers[0]), the(workers[1])];
      holdExecutors(early);
      const first = await installation.submit(scene.work().chunks(12));
      await atWork(installation, await nameOf(early));
      // The other worker's are settled while those in hand, further down in intake, are not.
      const isSettled = (): boolean => installation.outcomes.all.length >= 4;
      await eventually('some are settled out of order', isSettled, 20_000);
      holdExecutors(late);
      const rest = await installation.submit(scene.work().chunks(8));
      await atWork(installation, await nameOf(late));
      const settled = settledSoFar(installation);
      const all = [...workers, dispatcher];
      for (const program of all) program.kill('SIGKILL');
      await Promise.all(all.map(({ exited }) => exited));
      const names = await Promise.all(workers.map(nameOf));
      const begun = names.flatMap((name) => installation.tries.unfinishedOf(name));
      const untaken = await untakenIn(installation);
      await installation.startAll(2);

      await expectOneOutcomeEach({ installation, expect }, [...first, ...rest]);
      expect(begun).toHaveLength(2);
      const may = new Set([...untaken, ...begun.map(({ coordinates }) => coordinates)]);
      const repeated = [...installation.tries.repeated().keys()];
      expect(repeated.filter((coordinates) => !may.has(coordinates))).toEqual([]);
      expect(settled.startedAgain()).toEqual([]);
    },
  );
});
