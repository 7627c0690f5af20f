/**
 * What stands in the way, by name of the part that reports it. Empty means that all is well. A
 * probe shows the reasons, so that a person who sees a pod "not ready" reads why.
 */
export interface Conditions {
  /** Sets or, with `null`, clears the reason of `part`. Cheap enough to call at every look. */
  report(part: string, reason: string | null): void;
  /** One `part: reason` per part that has one, in order of first report. */
  reasons(): readonly string[];
}

export function conditions(): Conditions {
  const reasonOf = new Map<string, string | null>();
  return {
    report: (part, reason) => {
      reasonOf.set(part, reason);
    },
    reasons: () =>
      [...reasonOf]
        .filter(([, reason]) => reason !== null)
        .map(([part, reason]) => `${part}: ${reason}`),
  };
}
