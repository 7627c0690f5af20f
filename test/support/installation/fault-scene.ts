import { afterAll, beforeAll, vi, type TestContext } from 'vitest';
import { kafkaAddresses, uniqueTopicPrefix } from '../broker.ts';
import { eventually } from '../process-probe.ts';
import { Installation } from './installation.ts';
import type { InstallationOptions } from './installation.ts';
import { resultOf } from './outcomes.ts';
import type { Outcome } from './outcomes.ts';
import { slowWork } from './slow-work.ts';
import type { SlowWork } from './slow-work.ts';

/** What the tests of one file about faults share. */
export interface FaultScene {
  readonly work: () => SlowWork;
  /** An installation of its own for one test, ended with it. */
  open(context: TestContext, options?: Partial<InstallationOptions>): Promise<Installation>;
}

/** Sessions that run out take most of a test's time; what they do besides, a busy machine slows. */
const testTimeoutMs = 120_000;

/** Call it first within a `describe`. */
export function faultScene(): FaultScene {
  vi.setConfig({ testTimeout: testTimeoutMs });
  let shared: SlowWork | null = null;
  beforeAll(() => {
    shared = slowWork();
  });
  afterAll(() => shared?.remove());
  const work = (): SlowWork => {
    if (shared === null) throw new Error('work is there only while tests run');
    return shared;
  };
  return {
    work,
    open: async ({ onTestFinished }, options = {}) => {
      const installation = await Installation.open({
        brokers: options.brokers ?? kafkaAddresses(),
        prefix: uniqueTopicPrefix(),
        modelRepositories: [work().repository],
        // Second tries need not wait for a worker that is not there.
        dispatcherEnvironment: { SPILLWAY_OTHER_WORKER_WAIT_SECONDS: '1' },
        ...options,
      });
      onTestFinished(() => installation.stop());
      return installation;
    },
  };
}

/** Resolves when the worker has begun a chunk and not finished it. */
export function atWork({ tries }: Installation, worker: string): Promise<void> {
  const isAtWork = (): boolean => tries.unfinishedOf(worker).length > 0;
  return eventually(`${worker} has begun a chunk`, isAtWork, 20_000);
}

/** Which try each result came from. */
export const attemptsOf = (outcomes: readonly Outcome[]): readonly number[] =>
  outcomes.map((outcome) => resultOf(outcome).attempt);

/** What a test knows to be there. */
export function the<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error('the test counts on something that is not there');
  return thing;
}
