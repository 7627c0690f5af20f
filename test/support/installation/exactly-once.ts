import type { ExpectStatic } from 'vitest';
import type { Installation } from './installation.ts';
import type { Outcome } from './outcomes.ts';

/**
 * Waits until nothing is unsettled and checks that each chunk has exactly one outcome and that there
 * are no others.
 */
export async function expectOneOutcomeEach(
  { installation, expect }: { readonly installation: Installation; readonly expect: ExpectStatic },
  chunks: readonly string[],
  withinMs = 40_000,
): Promise<readonly Outcome[]> {
  await installation.outcomes.of(chunks, withinMs);
  await installation.settled(withinMs);
  const outcomes = await installation.outcomes.toEnd();
  expect(outcomes.map(({ coordinates }) => coordinates).toSorted()).toEqual(chunks.toSorted());
  return outcomes;
}

/** What was settled and started so far: nothing of the former may come again after it. */
export function settledSoFar({ outcomes, tries }: Installation): {
  startedAgain(): readonly string[];
} {
  const settled = new Set(outcomes.all.map(({ coordinates }) => coordinates));
  const startsBefore = tries.started.length;
  return {
    startedAgain: () =>
      tries.started
        .slice(startsBefore)
        .map(({ coordinates }) => coordinates)
        .filter((coordinates) => settled.has(coordinates)),
  };
}
