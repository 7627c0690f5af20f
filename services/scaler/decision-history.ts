import { decidesSame, decisionsKept } from '../shared/chunk/decision.ts';
import type { Decision, DecisionRecord } from '../shared/chunk/decision.ts';

/**
 * The decisions to keep once `newest` was taken: the last ones that differed from the one before, and
 * `newest` itself even if it did not, since its figures are those of the present.
 */
export function withNewest(
  kept: readonly DecisionRecord[],
  newest: DecisionRecord,
): readonly DecisionRecord[] {
  const changes = kept.filter((each, index) => isChange(kept[index - 1], each.decision));
  const isNew = isChange(changes.at(-1), newest.decision);
  const past = changes.slice(isNew ? 1 - decisionsKept : -decisionsKept);
  return [...past, newest];
}

/** Whether it decides something else than the one before. */
export const isChange = (before: DecisionRecord | undefined, decision: Decision): boolean =>
  before === undefined || !decidesSame(before.decision, decision);
