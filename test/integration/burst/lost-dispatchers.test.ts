import { it } from 'vitest';
import type { TestContext } from 'vitest';
import type { Program } from '../../../services/local/processes/program.ts';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { describeWithKafka } from '../../support/broker.ts';
import { expectOneOutcomeEach } from '../../support/installation/exactly-once.ts';
import { faultScene } from '../../support/installation/fault-scene.ts';
import { demoRepository, dispatching, running } from '../../support/installation/installation.ts';
import type { Installation } from '../../support/installation/installation.ts';
import { dueChunk, startPaced } from '../../support/installation/paced-work.ts';
import { untakenIn } from '../../support/installation/traces.ts';
import { eventually } from '../../support/process-probe.ts';

const takeOverMsMax = 10_000;
/** Longer than the dispatcher's session (6 s). */
const hangMs = 8000;

interface BurstUnderWay {
  readonly installation: Installation;
  readonly dispatcher: Program;
  readonly standBy: Program;
  readonly chunks: readonly string[];
}

describeWithKafka('dispatchers lost in the middle of a burst', () => {
  const scene = faultScene();

  it.concurrent(
    'a stand-by takes over from one that was killed in mid-pass, and running work is left alone',
    async (context) => {
      const { expect } = context;
      const { installation, dispatcher, standBy, chunks } = await burst(context);
      dispatcher.kill('SIGKILL');
      const killedAtMs = systemClock.monotonicMs();
      const { running: inWork, untaken } = await whatRuns(installation);
      await dispatching(standBy);
      expect(systemClock.monotonicMs() - killedAtMs).toBeLessThan(takeOverMsMax);

      await expectOneOutcomeEach({ installation, expect }, chunks, 60_000);
      const repeated = [...installation.tries.repeated().keys()];
      expect(repeated.filter((coordinates) => !untaken.has(coordinates))).toEqual([]);
      expect(repeated.filter((coordinates) => inWork.has(coordinates))).toEqual([]);
    },
  );

  it.concurrent(
    'one that was stopped in mid-pass and goes on later publishes and sends nothing more',
    async (context) => {
      const { expect } = context;
      const { installation, dispatcher, standBy, chunks } = await burst(context);
      dispatcher.pause();
      const pausedAtMs = systemClock.monotonicMs();
      const { running: inWork, untaken } = await whatRuns(installation);
      await dispatching(standBy);
      expect(systemClock.monotonicMs() - pausedAtMs).toBeLessThan(takeOverMsMax);
      await systemClock.sleepMs(pausedAtMs + hangMs - systemClock.monotonicMs());
      dispatcher.resume();

      await expectOneOutcomeEach({ installation, expect }, chunks, 60_000);
      const repeated = [...installation.tries.repeated().keys()];
      expect(repeated.filter((coordinates) => !untaken.has(coordinates))).toEqual([]);
      expect(repeated.filter((coordinates) => inWork.has(coordinates))).toEqual([]);
      expect(dispatcher.hasEnded).toBe(false);
    },
  );

  /** Sixty chunks, more than the GPU worker can do in time; resolves while they are dispatched. */
  async function burst(context: TestContext): Promise<BurstUnderWay> {
    const installation = await scene.open(context, { modelRepositories: [demoRepository] });
    const dispatcher = installation.startDispatcher();
    const workers = [
      startPaced(installation, 'gpu', { kind: 'gpu', speed: 4 }),
      startPaced(installation, 'cpu', { kind: 'cpu', slots: 2, speed: 1 }),
    ];
    await Promise.all([dispatching(dispatcher), ...workers.map((worker) => running(worker))]);
    const standBy = installation.startDispatcher('stand-by');
    await running(standBy);
    const chunks = await installation.submit(
      Array.from({ length: 60 }, (_, index) => dueChunk(2, 10_000 + 200 * index)),
    );
    const isUnderWay = (): boolean => installation.tries.started.length >= 8;
    await eventually('the burst is under way', isUnderWay, 20_000);
    return { installation, dispatcher, standBy, chunks };
  }
});

/** What is being computed and what lies in lanes, as of about now. */
async function whatRuns(
  installation: Installation,
): Promise<{ readonly running: ReadonlySet<string>; readonly untaken: ReadonlySet<string> }> {
  const ended = new Set(installation.tries.finished.map(({ assignment }) => assignment));
  const unfinished = installation.tries.started.filter(({ assignment }) => !ended.has(assignment));
  const inWork = new Set(unfinished.map(({ coordinates }) => coordinates));
  return { running: inWork, untaken: await untakenIn(installation) };
}
