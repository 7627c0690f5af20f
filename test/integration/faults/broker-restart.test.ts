import { expect, it } from 'vitest';
import { localBrokerConfig } from '../../../services/local/broker/config.ts';
import { startLocalBrokers } from '../../../services/local/broker/start.ts';
import { Keeper } from '../../../services/local/processes/keeper.ts';
import type { Program, ProgramExit } from '../../../services/local/processes/program.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import { describeWithLocalKafka } from '../../support/broker.ts';
import { expectOneOutcomeEach, settledSoFar } from '../../support/installation/exactly-once.ts';
import { holdExecutors, letExecutorsGo } from '../../support/installation/executors.ts';
import { atWork, faultScene, the } from '../../support/installation/fault-scene.ts';
import { running } from '../../support/installation/installation.ts';
import { nameOf } from '../../support/installation/traces.ts';

/** Longer than the sessions of its clients (6 s) and than they wait for an answer (10 s). */
const hangMs = 12_000;

describeWithLocalKafka('a broker', () => {
  const scene = faultScene();

  it('that is killed and comes back, and then hangs, loses no chunk and doubles no outcome', async (context) => {
    const keeper = new Keeper();
    context.onTestFinished(() => keeper.close());
    const { brokers, addresses } = await startLocalBrokers({
      config: localBrokerConfig(process.env),
      keeper,
      clock: systemClock,
      random: systemRandom,
      report: () => undefined,
      count: 1,
    });
    const installation = await scene.open(context, { brokers: addresses });
    const { dispatcher, workers } = await installation.startAll(2);
    const standBy = installation.startDispatcher('stand-by');
    await running(standBy);
    const exits = restartedWhenEnded([
      [dispatcher, () => installation.startDispatcher('dispatcher-again')],
      [standBy, () => installation.startDispatcher('stand-by-again')],
      ...workers.map((worker) => [worker, () => installation.startWorker('worker-again')] as const),
    ]);
    const first = await installation.submit(scene.work().chunks(6));
    await installation.outcomes.of(first);
    const busy = the(workers[0]);
    holdExecutors(busy);
    const rest = await installation.submit(scene.work().chunks(20));
    await atWork(installation, await nameOf(busy));
    const broker = the(brokers[0]);
    await broker.kill();
    const settled = settledSoFar(installation);
    letExecutorsGo(busy);
    await broker.restart();
    const more = await installation.submit(scene.work().chunks(6));

    const chunks = [...first, ...rest, ...more];
    await expectOneOutcomeEach({ installation, expect }, chunks);
    expect(installation.tries.repeated()).toEqual(new Map());
    expect(settled.startedAgain()).toEqual([]);

    holdExecutors(busy);
    const last = await installation.submit(scene.work().chunks(12));
    await atWork(installation, await nameOf(busy));
    const settledByNow = settledSoFar(installation);
    const inWork = installation.tries.unfinishedOf(await nameOf(busy));
    broker.pause();
    letExecutorsGo(busy);
    await systemClock.sleepMs(hangMs);
    broker.resume();
    await expectOneOutcomeEach({ installation, expect }, [...chunks, ...last]);
    expect(settledByNow.startedAgain()).toEqual([]);
    const repeated = installation.tries.repeated();
    expect(inWork.filter(({ coordinates }) => repeated.has(coordinates))).toEqual([]);
    expect(exits.filter((exit) => exit.kind === 'exited' && exit.code === 0)).toEqual([]);
  });
});

/** As a supervisor would; the list grows with each end. */
function restartedWhenEnded(
  programs: readonly (readonly [Program, () => Program])[],
): readonly ProgramExit[] {
  const exits: ProgramExit[] = [];
  const watch = (program: Program, start: () => Program): void => {
    void program.exited.then((exit) => {
      if (exit.kind !== 'exited') return;
      exits.push(exit);
      watch(start(), start);
    });
  };
  for (const [program, start] of programs) watch(program, start);
  return exits;
}
