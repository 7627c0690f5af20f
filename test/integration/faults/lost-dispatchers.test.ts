import { it } from 'vitest';
import type { Program } from '../../../services/local/processes/program.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import { describeWithKafka, kafkaAddresses } from '../../support/broker.ts';
import { expectOneOutcomeEach, settledSoFar } from '../../support/installation/exactly-once.ts';
import {
  holdExecutors,
  killWhoeverStarts,
  letExecutorsGo,
} from '../../support/installation/executors.ts';
import { atWork, attemptsOf, faultScene, the } from '../../support/installation/fault-scene.ts';
import { dispatching, running } from '../../support/installation/installation.ts';
import type { Installation } from '../../support/installation/installation.ts';
import { hasOpenTransaction } from '../../support/installation/open-transaction.ts';
import { nameOf, untakenIn } from '../../support/installation/traces.ts';
import { eventually } from '../../support/process-probe.ts';

const takeOverMsMax = 10_000;
/** Longer than the dispatcher's session (6 s). */
const hangMs = 8000;

describeWithKafka('lost dispatchers', () => {
  const scene = faultScene();

  it.concurrent(
    'a stand-by takes over from a killed dispatcher within ten seconds and leaves running work alone',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { dispatcher, workers } = await installation.startAll(2);
      const standBy = installation.startDispatcher('stand-by');
      await running(standBy);
      const busy = the(workers[0]);
      const first = await installation.submit(scene.work().chunks(6));
      await installation.outcomes.of(first);
      holdExecutors(busy);
      const second = await installation.submit(scene.work().chunks(12));
      await atWork(installation, await nameOf(busy));
      // The other worker's are settled while those in hand, further down in intake, are not.
      const isSettled = (): boolean => installation.outcomes.all.length >= first.length + 4;
      await eventually('some are settled out of order', isSettled, 20_000);
      const third = await installation.submit(scene.work().chunks(12));
      dispatcher.kill('SIGKILL');
      await dispatcher.exited;
      const killedAtMs = systemClock.monotonicMs();
      const settled = settledSoFar(installation);
      const untaken = await untakenIn(installation);
      await dispatching(standBy);
      expect(systemClock.monotonicMs() - killedAtMs).toBeLessThan(takeOverMsMax);
      const [inWork] = installation.tries.unfinishedOf(await nameOf(busy));
      letExecutorsGo(busy);

      const chunks = [...first, ...second, ...third];
      const outcomes = await expectOneOutcomeEach({ installation, expect }, chunks);
      expect(attemptsOf(outcomes)).toEqual(chunks.map(() => 1));
      const repeated = [...installation.tries.repeated().keys()];
      expect(repeated.filter((coordinates) => !untaken.has(coordinates))).toEqual([]);
      expect(repeated).not.toContain(the(inWork).coordinates);
      expect(settled.startedAgain()).toEqual([]);
    },
  );

  it.concurrent(
    'a dispatcher that hung loses its part, stands by, and is good for the next take-over',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { dispatcher: hanging, workers } = await installation.startAll(2);
      const standBy = installation.startDispatcher('stand-by');
      await running(standBy);
      const busy = the(workers[0]);
      holdExecutors(busy);
      const chunks = await installation.submit(scene.work().chunks(16));
      await atWork(installation, await nameOf(busy));
      const hangsSinceMs = systemClock.monotonicMs();
      hanging.pause();
      const untaken = await untakenIn(installation);
      // Its result lies ready for the hanging one, which will try to settle it.
      letExecutorsGo(busy);
      await dispatching(standBy);
      await systemClock.sleepMs(hangsSinceMs + hangMs - systemClock.monotonicMs());
      hanging.resume();
      await hanging.waitForLog(({ fields }) => fields?.['event'] === 'standing-by', 10_000);
      await expectOneOutcomeEach({ installation, expect }, chunks);
      const repeated = [...installation.tries.repeated().keys()];
      expect(repeated.filter((coordinates) => !untaken.has(coordinates))).toEqual([]);

      expect(await standBy.stop(10_000)).toEqual({ kind: 'exited', code: 0 });
      const more = await installation.submit(scene.work().chunks(6));
      await expectOneOutcomeEach({ installation, expect }, [...chunks, ...more]);
      expect(hanging.hasEnded).toBe(false);
    },
  );

  it.concurrent(
    'a dispatcher that hung in the middle of a transaction is fenced: its successor alone publishes',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const hanging = installation.startDispatcher();
      await dispatching(hanging);
      const standBy = installation.startDispatcher('stand-by');
      await running(standBy);
      // Chunks that are refused need no worker: each is a transaction of its dispatcher.
      const submitted: string[] = [];
      const submitOne = async (): Promise<void> => {
        submitted.push(...(await installation.submit([refused])));
      };
      await submitOne();
      await pauseWithin(hanging, { installation, submitOne });
      const hangsSinceMs = systemClock.monotonicMs();
      await standBy.waitForLog(({ fields }) => fields?.['event'] === 'active', takeOverMsMax);
      await submitOne();
      await systemClock.sleepMs(hangsSinceMs + hangMs - systemClock.monotonicMs());
      hanging.resume();
      await hanging.waitForLog(({ fields }) => fields?.['event'] === 'standing-by', 10_000);
      await submitOne();

      const outcomes = await expectOneOutcomeEach({ installation, expect }, submitted);
      expect(outcomes.map(({ kind }) => kind)).toEqual(outcomes.map(() => 'dead-letter'));
      expect(hanging.hasEnded).toBe(false);
    },
  );

  it.concurrent(
    'failed tries count on under the next dispatcher, so that poison ends after three all the same',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { dispatcher, workers } = await installation.startAll(2);
      const standBy = installation.startDispatcher('stand-by');
      await running(standBy);
      const deaths = await killWhoeverStarts({ installation, workers, id: 'poison' });
      const [poisoned] = scene.work().chunks(1, 400);
      const chunks = await installation.submit([
        { value: the(poisoned).value, headers: { ce_id: 'poison' } },
        ...scene.work().chunks(4),
      ]);
      await eventually('it has killed twice', () => deaths() === 2, 20_000);
      dispatcher.kill('SIGKILL');
      await dispatching(standBy);

      const outcomes = await expectOneOutcomeEach({ installation, expect }, chunks);
      const poison = the(outcomes.find(({ id }) => id === 'poison'));
      expect(poison).toMatchObject({ kind: 'dead-letter', reason: 'executor-crashed' });
      expect(poison.message).toContain('after 3 attempts');
      expect(deaths()).toBe(3);
    },
  );

  it.concurrent(
    'an orderly hand-over while lanes are full computes nothing again',
    async (context) => {
      const { expect } = context;
      const installation = await scene.open(context);
      const { dispatcher, workers } = await installation.startAll(2);
      const standBy = installation.startDispatcher('stand-by');
      await running(standBy);
      const first = await installation.submit(scene.work().chunks(6));
      await installation.outcomes.of(first);
      for (const worker of workers) holdExecutors(worker);
      const rest = await installation.submit(scene.work().chunks(20));
      for (const worker of workers) await atWork(installation, await nameOf(worker));
      expect(await dispatcher.stop(10_000)).toEqual({ kind: 'exited', code: 0 });
      await dispatching(standBy);
      for (const worker of workers) letExecutorsGo(worker);

      const chunks = [...first, ...rest];
      const outcomes = await expectOneOutcomeEach({ installation, expect }, chunks);
      expect(attemptsOf(outcomes)).toEqual(chunks.map(() => 1));
      expect(installation.tries.repeated()).toEqual(new Map());
    },
  );
});

/** A chunk that ends as a dead letter when it is read. */
const refused = { value: Buffer.from('x'), headers: { ce_time: 'no time at all' } };

/**
 * Pauses the dispatcher while a transaction of it is open: pauses it at some moment of its settling,
 * looks whether records wait for a commit, and lets it go on for another try if not.
 */
async function pauseWithin(
  dispatcher: Program,
  {
    installation,
    submitOne,
  }: { readonly installation: Installation; readonly submitOne: () => Promise<void> },
): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const settledBefore = installation.outcomes.all.length;
    await submitOne();
    // Anywhere in the few milliseconds from reading the chunk to the end of its transaction.
    await systemClock.sleepMs(systemRandom.next() * 12);
    dispatcher.pause();
    if (await hasOpenTransaction(kafkaAddresses(), installation.topics.deadLetters)) return;
    dispatcher.resume();
    await eventually('it goes on', () => installation.outcomes.all.length > settledBefore);
  }
  throw new Error('the dispatcher was never met within a transaction');
}
