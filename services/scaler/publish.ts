import type { Memory } from '../policy/scaling/memory.ts';
import { encodeDecisions } from '../shared/chunk/decision.ts';
import type { Decision, DecisionRecord } from '../shared/chunk/decision.ts';
import { directiveKeys, encodeDirective } from '../shared/chunk/directive.ts';
import type { Directive, LeaderStamp } from '../shared/chunk/directive.ts';
import type { ActiveTerm, OutgoingRecord } from '../shared/kafka/ports.ts';

/** What a tick leaves behind, for the dispatchers, for the next leader and for people. */
export interface Publication {
  readonly directive: Directive;
  readonly memory: Memory;
  readonly decisions: readonly DecisionRecord[];
}

export function directiveOf(
  decision: Decision,
  leader: LeaderStamp,
  { lifetimeMs }: { readonly lifetimeMs: number },
): Directive {
  const { gate, reason } = decision.spill;
  return {
    leader,
    // From the look, not from the sending: what was seen ages in between.
    issuedAtMs: decision.atMs,
    expiresAtMs: decision.atMs + lifetimeMs,
    capacity: decision.capacity,
    workers: decision.workers.map(({ kind, pool, replicas, isActive }) => ({
      kind,
      pool,
      replicas,
      isActive,
    })),
    spill: { gate, reason, mediaMsPerMinuteMax: null },
    degradeLevel: 0,
  };
}

/**
 * In one transaction, so that no leader finds a memory that does not go with the last directive.
 * @throws KafkaPortError as `ActiveTerm.settle` does; then nothing may be ordered.
 */
export async function publish(
  term: ActiveTerm,
  topic: string,
  { directive, memory, decisions }: Publication,
): Promise<void> {
  const record = (key: string, json: string): OutgoingRecord => ({
    topic,
    partition: 0,
    key: Buffer.from(key),
    value: Buffer.from(json),
    headers: [],
  });
  const outcomes = [
    record(directiveKeys.directive, encodeDirective(directive)),
    record(directiveKeys.memory, JSON.stringify(memory)),
    record(directiveKeys.decisions, encodeDecisions(decisions)),
  ];
  await term.settle({ outcomes, offsets: [] });
}
