import { directiveKeys, isLater, parseDirective } from '../../shared/chunk/directive.ts';
import type { Directive } from '../../shared/chunk/directive.ts';
import type { directiveStates } from '../../shared/chunk/demand.ts';
import type { ReadBatch } from '../../shared/kafka/ports.ts';

/** The newest directive, and whether it holds. */
export interface HeardDirective {
  readonly state: (typeof directiveStates)[number];
  /** `null` before one was heard. An expired one still tells the last known speeds. */
  readonly newest: Directive | null;
}

/**
 * What the scaler says, in every dispatcher, active or standing by. Leaders take turns, and the words
 * of a former one may arrive late: whatever is stamped lower than what was heard is not listened to.
 */
export interface DirectiveView {
  /** Returns what is wrong with records that no scaler of ours wrote. */
  apply(batch: ReadBatch): readonly string[];
  at(brokerNowMs: number): HeardDirective;
}

export function createDirectiveView(): DirectiveView {
  let newest: Directive | null = null;
  return {
    apply(batch) {
      const problems: string[] = [];
      for (const { key, value, topic, partition, offset } of batch.records) {
        if (key?.toString('utf8') !== directiveKeys.directive || value === null) continue;
        const parsed = parseDirective(value.toString('utf8'));
        if (!parsed.ok) problems.push(`${topic}/${partition} offset ${offset}: ${parsed.problem}`);
        else if (newest === null || isLater(parsed.value.leader, newest.leader)) {
          newest = parsed.value;
        }
      }
      return problems;
    },
    at(brokerNowMs) {
      if (newest === null) return { state: 'none', newest };
      return { state: brokerNowMs <= newest.expiresAtMs ? 'followed' : 'expired', newest };
    },
  };
}
