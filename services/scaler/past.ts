import { parseMemory } from '../policy/scaling/memory.ts';
import type { Memory } from '../policy/scaling/memory.ts';
import { parseDecisions } from '../shared/chunk/decision.ts';
import type { DecisionRecord } from '../shared/chunk/decision.ts';
import { directiveKeys, isLater, parseLeaderOf } from '../shared/chunk/directive.ts';
import type { LeaderStamp } from '../shared/chunk/directive.ts';
import type { Parsed } from '../shared/chunk/shape.ts';
import type { ReceivedRecord } from '../shared/kafka/ports.ts';

/** What former leaders left on the directive's topic, for the one that leads next. */
export interface Past {
  apply(records: readonly ReceivedRecord[]): void;
  /** The last word of any leader; `null` when nobody has led yet. */
  lastStamp(): LeaderStamp | null;
  /** `null` when there is none that this version understands. */
  memory(): Memory | null;
  /** The newest last. */
  decisions(): readonly DecisionRecord[];
  /** What could not be read, in words. */
  problems(): readonly string[];
}

export function createPast(): Past {
  const newest = new Map<string, string>();
  let lastStamp: LeaderStamp | null = null;
  const raise = (stamp: LeaderStamp): void => {
    if (lastStamp === null || isLater(stamp, lastStamp)) lastStamp = stamp;
  };
  const memory = (): Parsed<Memory> => parseMemory(newest.get(directiveKeys.memory) ?? '');
  const decisions = (): ReturnType<typeof parseDecisions> =>
    parseDecisions(newest.get(directiveKeys.decisions) ?? '');
  return {
    apply(records) {
      for (const { key, value } of records) {
        const [name, json] = [key?.toString('utf8') ?? '', value?.toString('utf8') ?? ''];
        newest.set(name, json);
        // All of them: a foreign record with our key must not make the terms begin anew.
        const leader = name === directiveKeys.directive ? parseLeaderOf(json) : null;
        if (leader?.ok === true) raise(leader.value);
      }
      const kept = decisions();
      if (kept.ok) for (const { leader } of kept.value.decisions) raise(leader);
    },
    lastStamp: () => lastStamp,
    memory: () => {
      const parsed = memory();
      return parsed.ok ? parsed.value : null;
    },
    decisions: () => {
      const parsed = decisions();
      return parsed.ok ? parsed.value.decisions : [];
    },
    problems: () => {
      const directive = parseLeaderOf(newest.get(directiveKeys.directive) ?? '');
      return Object.entries({ directive, memory: memory(), decisions: decisions() }).flatMap(
        ([key, parsed]) => (parsed.ok || !newest.has(key) ? [] : [`${key}: ${parsed.problem}`]),
      );
    },
  };
}
