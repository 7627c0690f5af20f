import { rememberDispatched } from './memory.ts';
import type { DispatchMemory } from './memory.ts';
import type { DispatchObservation } from './observation.ts';
import { chooseCourse, heldCourse } from './course.ts';
import { hasRoomAnywhere, lineUpWaiting, openPass } from './pass.ts';
import type { Placement } from './placement.ts';
import type { DispatchSettings } from './settings.ts';
import { takeTurns } from './take-turn.ts';
import type { DispatchOrder } from './waiting-lines.ts';

export interface DispatchPlan {
  /** In the order in which they were chosen. */
  readonly placements: readonly Placement[];
  readonly memory: DispatchMemory;
  readonly order: DispatchOrder;
}

/**
 * Binds waiting chunks to workers that can start them soon; what finds no room waits, since late
 * binding keeps it free for whoever is ready sooner. While all can be in time the earliest deadline
 * goes first, in overload the priority, with a share for the lower ones in both. What nobody can
 * finish in time goes after all that can be. CPU workers get what the GPU would finish too late and
 * they would not. Total and deterministic: ties go by name, whatever the order of the lists.
 */
export function planDispatch(
  observation: DispatchObservation,
  memory: DispatchMemory,
  settings: DispatchSettings,
): DispatchPlan {
  const pass = openPass(observation, memory, settings);
  if (observation.waiting.length === 0 || !hasRoomAnywhere(pass)) {
    const { order, strictUntilMs } = heldCourse(pass, memory);
    return { placements: [], memory: { ...memory, strictUntilMs }, order };
  }
  const lines = lineUpWaiting(pass);
  const course = chooseCourse(pass, lines, memory);
  const spilledBeforeMs = pass.spilledMediaMs;
  takeTurns(pass, lines, course);
  const buckets = rememberDispatched(memory.buckets, observation.nowMs, {
    dispatchedMediaMs: pass.dispatchedMediaMs,
    spilledMediaMs: pass.spilledMediaMs - spilledBeforeMs,
  });
  return {
    placements: pass.placements,
    memory: { buckets, strictUntilMs: course.strictUntilMs },
    order: course.order,
  };
}
