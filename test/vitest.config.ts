import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { closingLineReporter } from './support/closing-line-reporter.ts';

const projectRoot = join(import.meta.dirname, '..');

/** Two cores: a second file pays where a file needs only itself, more would only take turns. */
const workersMax = 2;

interface Suite {
  readonly name: string;
  readonly testTimeoutMs: number;
  /** Suites of one group run together; groups run in order, so brokers slow no fast suite. */
  readonly group: number;
  readonly workers: number;
  readonly needsKafka: boolean;
}

const suites: readonly Suite[] = [
  { name: 'unit', testTimeoutMs: 5_000, group: 0, workers: workersMax, needsKafka: false },
  { name: 'property', testTimeoutMs: 30_000, group: 0, workers: workersMax, needsKafka: false },
  { name: 'architecture', testTimeoutMs: 30_000, group: 0, workers: workersMax, needsKafka: false },
  { name: 'simulation', testTimeoutMs: 120_000, group: 0, workers: workersMax, needsKafka: false },
  { name: 'contract', testTimeoutMs: 30_000, group: 1, workers: workersMax, needsKafka: true },
  { name: 'chart', testTimeoutMs: 60_000, group: 1, workers: workersMax, needsKafka: true },
  { name: 'compose', testTimeoutMs: 30_000, group: 1, workers: workersMax, needsKafka: false },
  { name: 'integration', testTimeoutMs: 60_000, group: 2, workers: 1, needsKafka: true },
  { name: 'dashboards', testTimeoutMs: 120_000, group: 3, workers: 1, needsKafka: true },
  { name: 'images', testTimeoutMs: 60_000, group: 4, workers: 1, needsKafka: true },
  { name: 'cluster', testTimeoutMs: 300_000, group: 5, workers: 1, needsKafka: true },
];

/** Of suites that start brokers and programs: a control plane at the slowest, else three brokers. */
const startTimeoutMs = (name: string): number => (name === 'cluster' ? 300_000 : 120_000);

function setupsOf({ name, needsKafka }: Suite): string[] {
  const kafka = needsKafka ? ['test/support/kafka-setup.ts'] : [];
  return name === 'cluster' ? [...kafka, 'test/cluster/cluster-setup.ts'] : kafka;
}

function asProject(suite: Suite): TestProjectInlineConfiguration {
  return {
    root: projectRoot,
    test: {
      name: suite.name,
      include: [`test/${suite.name}/**/*.test.ts`],
      environment: 'node',
      // Real processes, since native libraries and signals behave otherwise in threads.
      pool: 'forks',
      testTimeout: suite.testTimeoutMs,
      hookTimeout: suite.needsKafka ? startTimeoutMs(suite.name) : 10_000,
      maxWorkers: suite.workers,
      fileParallelism: suite.workers > 1,
      sequence: { groupOrder: suite.group },
      globalSetup: setupsOf(suite),
    },
  };
}

export default defineConfig({
  root: projectRoot,
  test: {
    projects: suites.map(asProject),
    reporters: ['default', closingLineReporter()],
    // A suite that is given on the command line and has no files yet is no failure of the others.
    passWithNoTests: true,
    allowOnly: false,
    teardownTimeout: 20_000,
  },
});
