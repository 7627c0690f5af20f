import type { Decision } from '../../services/shared/chunk/decision.ts';
import { encodeDecisions, parseDecisions } from '../../services/shared/chunk/decision.ts';
import { leaderShape } from '../../services/shared/chunk/directive.ts';
import type { LeaderStamp } from '../../services/shared/chunk/directive.ts';
import { count, fields, flag, list, parseJson, text } from '../../services/shared/chunk/shape.ts';
import type { RecordedTick } from './replay-ticks.ts';

/** A `tick` line of a leading scaler as it stands in its log. */
export interface LoggedTick extends RecordedTick {
  readonly leader: LeaderStamp;
  readonly isPublished: boolean;
  readonly orders: readonly {
    readonly pool: string;
    readonly nodesDesired: number;
    readonly outcome: string;
  }[];
  readonly decision: Decision;
}

const shape = fields({
  leader: leaderShape,
  isPublished: flag,
  orders: list(fields({ pool: text, nodesDesired: count, outcome: text })),
});

/**
 * Reads the fields of a `tick` line. What a decision follows from is taken as it stands, in its own
 * order, so that a replay compares what was written; `decide` takes anything.
 *
 * @throws Error that names the first field that is not as such a line has it.
 */
export function loggedTick(line: Readonly<Record<string, unknown>>): LoggedTick {
  const json = JSON.stringify(line);
  const head = parseJson(json, shape);
  if (!head.ok) throw new Error(`a tick line is not as expected: ${head.problem}`);
  const tick: LoggedTick = JSON.parse(json);
  const { leader, decision } = tick;
  const decided = parseDecisions(encodeDecisions([{ leader, decision }]));
  if (!decided.ok) throw new Error(`the decision of a tick cannot be read: ${decided.problem}`);
  return tick;
}
