import type { SpillVerdict } from '../../shared/chunk/demand.ts';
import type { DispatchMemory } from './memory.ts';
import type { DispatchObservation } from './observation.ts';
import { chooseCourse } from './course.ts';
import { lineUpWaiting, openPass } from './pass.ts';
import type { DispatchSettings } from './settings.ts';
import { takeTurns } from './take-turn.ts';
import type { Pass } from './pass.ts';
import type { Turn } from './take-turn.ts';
import type { Waiter } from './waiting.ts';

/** Waiting chunks by what holds for each of them now; they add up to all that wait. */
export type SpillVerdictCounts = Readonly<Record<SpillVerdict, number>>;

/** What a pass would do with each chunk, all of them looked at: for people, once a second. */
export function judgeSpill(
  observation: DispatchObservation,
  memory: DispatchMemory,
  settings: DispatchSettings,
): SpillVerdictCounts {
  const counts: Record<SpillVerdict, number> = {
    'gpu-in-time': 0,
    spilled: 0,
    'cpu-busy': 0,
    'cpu-too-slow': 0,
    'no-cpu-worker': 0,
    'gate-shut': 0,
  };
  const pass = openPass(observation, memory, settings);
  const lines = lineUpWaiting(pass);
  takeTurns(pass, lines, {
    ...chooseCourse(pass, lines, memory),
    note: (waiter, turn) => {
      counts[verdictOn(pass, waiter, turn)] += 1;
    },
  });
  return counts;
}

function verdictOn(pass: Pass, waiter: Waiter, turn: Turn): SpillVerdict {
  const { group, mediaMs, dueAfterMs, isHopeless } = waiter;
  if (turn === 'cpu') return 'spilled';
  if (turn !== 'late' && !isHopeless) return 'gpu-in-time';
  if (pass.observation.gate === 'shut') return 'gate-shut';
  if (group.cpu.length === 0) return 'no-cpu-worker';
  const isAble = group.cpu.some(({ msPerMediaMs }) => mediaMs * msPerMediaMs <= dueAfterMs);
  return isAble ? 'cpu-busy' : 'cpu-too-slow';
}
