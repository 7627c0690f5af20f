import { it } from 'vitest';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { describeWithKafka } from '../../support/broker.ts';
import { expectOneOutcomeEach, settledSoFar } from '../../support/installation/exactly-once.ts';
import { holdExecutors } from '../../support/installation/executors.ts';
import { atWork, attemptsOf, faultScene, the } from '../../support/installation/fault-scene.ts';
import { lastHandOf, nameOf } from '../../support/installation/traces.ts';
import { eventually } from '../../support/process-probe.ts';

/** Longer than the silence that makes a worker count as gone (3 s) and than its session (6 s). */
const hangMs = 8000;

describeWithKafka('hanging workers', () => {
  const scene = faultScene();

  it.concurrent(
    'what a worker reports after others have done its work changes nothing',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { workers } = await installation.startAll(2);
      const hanging = the(workers[0]);
      const name = await nameOf(hanging);
      holdExecutors(hanging);
      const chunks = await installation.submit(scene.work().chunks(12));
      await atWork(installation, name);
      const hangsSinceMs = systemClock.monotonicMs();
      hanging.pause();
      await installation.outcomes.of(chunks);
      const settled = settledSoFar(installation);
      const inHand = await lastHandOf(installation, name);
      await systemClock.sleepMs(hangsSinceMs + hangMs - systemClock.monotonicMs());
      hanging.resume();
      await eventually(
        'the late worker has finished',
        () => installation.tries.unfinishedOf(name).length === 0,
      );
      const more = await installation.submit(scene.work().chunks(6));

      const outcomes = await expectOneOutcomeEach({ installation, expect }, [...chunks, ...more]);
      await installation.drained();
      expect(await installation.outcomes.toEnd()).toHaveLength(outcomes.length);
      const repeated = [...installation.tries.repeated().keys()];
      expect(repeated.filter((coordinates) => !inHand.has(coordinates))).toEqual([]);
      // The second in its hand had not begun: it may do so, since it was never taken back.
      expect(settled.startedAgain().filter((one) => !inHand.has(one))).toEqual([]);
      expect(hanging.hasEnded).toBe(false);
    },
  );

  it.concurrent(
    'a worker that hung alone goes on with what it had in hand, and no try is counted',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { workers } = await installation.startAll(1);
      const hanging = the(workers[0]);
      holdExecutors(hanging);
      const chunks = await installation.submit(scene.work().chunks(8));
      await atWork(installation, await nameOf(hanging));
      const inHand = await lastHandOf(installation, await nameOf(hanging));
      hanging.pause();
      await systemClock.sleepMs(hangMs);
      hanging.resume();

      const outcomes = await expectOneOutcomeEach({ installation, expect }, chunks);
      expect(inHand.size).toBeGreaterThan(0);
      expect(attemptsOf(outcomes)).toEqual(chunks.map(() => 1));
      expect(installation.tries.repeated()).toEqual(new Map());
    },
  );
});
