import { decisionsKept } from '../shared/chunk/decision.ts';
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

/** Whether it decides something else, or for another reason; numbers alone always differ. */
export function isChange(before: DecisionRecord | undefined, { pools, spill }: Decision): boolean {
  if (before === undefined) return true;
  const earlier = before.decision;
  if (earlier.spill.gate !== spill.gate || earlier.spill.reason !== spill.reason) return true;
  if (earlier.pools.length !== pools.length) return true;
  return pools.some(({ pool, nodesDesired, reason }, index) => {
    const other = earlier.pools[index];
    const isSameSize = other?.pool === pool && other.nodesDesired === nodesDesired;
    return !isSameSize || other.reason !== reason;
  });
}
