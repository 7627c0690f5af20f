import { describe } from 'vitest';
import { skippedSuiteMark } from './closing-line-reporter.ts';

/**
 * A suite that needs something which may be absent from a machine. `missing` says what is absent
 * and how to get it, `null` that all is there. A suite that cannot run says so in one line, and its
 * tests count as skipped.
 */
export function describeUnlessMissing(
  name: string,
  missing: string | null,
  body: () => void,
): void {
  if (missing !== null) console.warn(`${skippedSuiteMark} ${name}: ${missing}`);
  describe.skipIf(missing !== null)(name, body);
}
