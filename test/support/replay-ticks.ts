import { decide } from '../../services/policy/scaling/decide.ts';
import { parseMemory } from '../../services/policy/scaling/memory.ts';
import type { Observation } from '../../services/policy/scaling/observation.ts';
import type { ScalingSettings } from '../../services/policy/scaling/settings.ts';

/** The fields of a `tick` line that a decision follows from, and the decision. */
export interface RecordedTick {
  readonly observation: Observation;
  readonly memory: unknown;
  readonly settings: ScalingSettings;
  readonly decision: unknown;
}

/** JSON of the decision as it was recorded, and as it is taken again from what was recorded. */
export function replayed(tick: RecordedTick): {
  readonly recorded: string;
  readonly again: string;
} {
  const memory = parseMemory(JSON.stringify(tick.memory));
  if (!memory.ok) throw new Error(`the recorded memory cannot be read: ${memory.problem}`);
  const { decision } = decide(tick.observation, memory.value, tick.settings);
  return { recorded: JSON.stringify(tick.decision), again: JSON.stringify(decision) };
}
