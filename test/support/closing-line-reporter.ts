import type { Reporter, TestModule } from 'vitest/node';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Marks the lines in which a suite says that it cannot run here; repeated at the run's end. */
export const skippedSuiteMark = 'SKIPPED SUITE:';

/** A run that ended before it could count has failed, whatever had passed until then. */
const brokenRun: TestCounts = { passed: 0, failed: 1, skipped: 0 };

/**
 * Ends the whole run with `N passed, N failed, N skipped` on a line of its own, below everything
 * else, and above it one line for each suite that could not run, so that nobody takes a part of the
 * suite for the whole.
 */
export function closingLineReporter(
  write: (text: string) => void = (text) => process.stdout.write(text),
): Reporter {
  const skippedSuites = new Set<string>();
  let counts = brokenRun;
  return {
    // Teardowns and other reporters write after the run's end; nothing does after the exit.
    onInit: () => {
      process.once('exit', () => {
        for (const line of skippedSuites) write(`${line}\n`);
        write(`${closingLine(counts)}\n`);
      });
    },
    onUserConsoleLog: ({ content }) => {
      for (const line of content.split('\n')) {
        if (line.startsWith(skippedSuiteMark)) skippedSuites.add(line);
      }
    },
    onTestRunEnd: (modules, unhandledErrors) => {
      counts = countTests(modules, unhandledErrors.length);
    },
  };
}

function closingLine(counts: TestCounts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

/** Counts tests; what fails and is no test (a file, a hook, a stray rejection) is one failure. */
function countTests(modules: readonly TestModule[], unhandledErrors: number): TestCounts {
  let passed = 0;
  let failed = unhandledErrors;
  let skipped = 0;
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      switch (test.result().state) {
        case 'passed':
          passed += 1;
          break;
        case 'failed':
          failedHere += 1;
          break;
        case 'skipped':
          skipped += 1;
          break;
        case 'pending':
          // It was begun and never ended: the run was cut short.
          failedHere += 1;
          break;
      }
    }
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
    failed += failedHere;
  }
  return { passed, failed, skipped };
}
