import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { localBrokerConfig } from '../../services/local/broker/config.ts';
import { isMissingPrerequisite, LocalBrokerError } from '../../services/local/broker/errors.ts';
import { describeBrokerReport, type BrokerReport } from '../../services/local/broker/reports.ts';
import { prepareLocalBrokers, startLocalBrokers } from '../../services/local/broker/start.ts';
import { runCommand } from '../../services/local/processes/command.ts';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { systemClock, systemRandom } from '../../services/shared/clock/system.ts';

/** What the tests of a run get to know about its broker. */
export interface KafkaForTests {
  readonly addresses: readonly string[];
  /** Why there is none and what to do about it; `null` when `addresses` can be used. */
  readonly missing: string | null;
  /** Why tests cannot start brokers of their own and what to do about it; `null` when they can. */
  readonly localMissing: string | null;
}

declare module 'vitest' {
  interface ProvidedContext {
    kafka: KafkaForTests;
  }
}

interface SharedKafka {
  users: number;
  readonly ready: Promise<{ readonly kafka: KafkaForTests; readonly stop: () => Promise<void> }>;
}

declare global {
  /** What the copies of this file share that each Vitest project loads, all in one process. */
  var spillwayTestKafka: SharedKafka | undefined;
}

/**
 * Vitest's global set-up for suites that use Kafka or the built programs: builds once, starts one
 * broker for all projects of the run, or uses the one that `KAFKA_BROKERS` names.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const own = (globalThis.spillwayTestKafka ??= { users: 0, ready: prepare() });
  own.users += 1;
  const { kafka, stop } = await own.ready;
  project.provide('kafka', kafka);
  return async () => {
    own.users -= 1;
    if (own.users > 0) return;
    globalThis.spillwayTestKafka = undefined;
    await stop();
  };
}

async function prepare(): Promise<Awaited<SharedKafka['ready']>> {
  await build();
  const config = localBrokerConfig(process.env);
  const keeper = new Keeper();
  const options = {
    config,
    keeper,
    clock: systemClock,
    report: (report: BrokerReport) => console.log(describeBrokerReport(report)),
  };
  const given = process.env['KAFKA_BROKERS'];
  if (given !== undefined && given.trim() !== '') {
    const addresses = given.split(',').map((address) => address.trim());
    const localMissing = await whatIsMissing(() => prepareLocalBrokers(options));
    return { kafka: { addresses, missing: null, localMissing }, stop: () => keeper.close() };
  }
  let addresses: readonly string[] = [];
  const missing = await whatIsMissing(async () => {
    ({ addresses } = await startLocalBrokers({ ...options, count: 1, random: systemRandom }));
  });
  // Closing the keeper ends the broker and removes its data.
  return { kafka: { addresses, missing, localMissing: missing }, stop: () => keeper.close() };
}

/** What the machine lacks for `action`, `null` when it succeeds. Other failures are thrown. */
async function whatIsMissing(action: () => Promise<void>): Promise<string | null> {
  try {
    await action();
    return null;
  } catch (error) {
    if (error instanceof LocalBrokerError && isMissingPrerequisite(error.code))
      return error.message;
    throw error;
  }
}

/** The compiler's exit code when it found errors in types and wrote the files all the same. */
const exitCodeWrittenWithErrors = 2;

/** Real processes run from `dist`, which must be what the sources say. */
async function build(): Promise<void> {
  const root = projectFolder();
  const end = await runCommand({
    command: process.execPath,
    commandArguments: [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'services')],
    environment: process.env,
  });
  if (end.outcome === 'done') return;
  const firstError = end.lines[0] ?? 'the compiler said nothing';
  if (end.exitCode !== exitCodeWrittenWithErrors)
    throw new Error(`the build failed: ${firstError}`);
  // The type check is a gate of its own; what was written is what the sources say.
  console.warn(`the build has type errors, run npx tsc: ${firstError}`);
}
