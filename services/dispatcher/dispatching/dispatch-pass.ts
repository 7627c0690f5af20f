import { coordinatesKey } from '../../shared/chunk/coordinates.ts';
import { encodeLaneOrder, laneOrderFor, laneOrderHeader } from '../../shared/chunk/lane-record.ts';
import { progressSpanMax } from '../../shared/chunk/progress.ts';
import type { Lane, Priority } from '../../shared/chunk/words.ts';
import type { OutgoingRecord } from '../../shared/kafka/ports.ts';
import { textHeaders } from '../../shared/kafka/record-headers.ts';
import type { DispatchObservation } from '../../policy/dispatch/observation.ts';
import { planDispatch } from '../../policy/dispatch/plan-dispatch.ts';
import type { DispatchSettings as PlanSettings } from '../../policy/dispatch/settings.ts';
import type { HeardDirective } from './directive-view.ts';
import { startTry } from '../knowledge/entry.ts';
import type { Entry } from '../knowledge/entry.ts';
import type { FleetView, Member } from './fleet-view.ts';
import type { KnownSpeeds } from './known-speeds.ts';
import { spillRules } from './spill-rules.ts';
import { priorityOfIntake } from '../knowledge/term-state.ts';
import type { DispatchSettings, TermState } from '../knowledge/term-state.ts';
import { workerLoads } from './worker-loads.ts';

export interface DispatchPass {
  readonly state: TermState;
  readonly settings: DispatchSettings;
  readonly fleet: FleetView;
  readonly directive: HeardDirective;
  readonly speeds: KnownSpeeds;
  readonly nowMs: number;
  readonly brokerNowMs: number;
}

/** What the policy is asked with. */
export interface PassInputs {
  readonly observation: DispatchObservation;
  readonly settings: PlanSettings;
}

/** A chunk on its way. */
export interface Sent {
  readonly lane: Lane;
  readonly isSpilled: boolean;
  /** Length of its video, as far as it is known. */
  readonly mediaMs: number;
  readonly record: OutgoingRecord;
}

/** Chooses what goes where, notes the tries, and returns the lane records to send. */
export function dispatch(pass: DispatchPass): readonly Sent[] {
  const { state } = pass;
  if (state.index.waiting().length === 0) return [];
  const { observation, settings } = passInputs(pass);
  const plan = planDispatch(observation, state.dispatching.memory, settings);
  state.dispatching.memory = plan.memory;
  state.dispatching.order = plan.order;
  const sent: Sent[] = [];
  for (const { key, worker, isSpilled } of plan.placements) {
    const entry = state.entries.get(key);
    const member = pass.fleet.members().get(worker);
    if (entry === undefined || member === undefined) continue;
    const placed = place(pass, { entry, member, isSpilled });
    if (placed !== null) sent.push(placed);
  }
  return sent;
}

export function passInputs(pass: DispatchPass): PassInputs {
  const { state, settings, fleet, directive, speeds, nowMs, brokerNowMs } = pass;
  state.index.reckon(brokerNowMs - nowMs);
  hurryLowest(state, settings);
  const workers = workerLoads(fleet, state, nowMs);
  const gpuSlotsReady = workers
    .filter(({ kind }) => kind === 'gpu')
    .reduce((sum, { slots }) => sum + slots, 0);
  return {
    observation: {
      nowMs: brokerNowMs,
      waiting: state.index.waiting(),
      workers,
      ...spillRules(directive, gpuSlotsReady),
    },
    settings: { ...settings.plan, unmeasuredSpeed: speeds.of(workers, directive.newest) },
  };
}

/** A partition that is this far ahead of its lowest unsettled chunk must get that one done. */
const hurriedSpan = (progressSpanMax * 3) / 4;

function hurryLowest(state: TermState, { topics }: DispatchSettings): void {
  for (const { topic, partition, base, position } of state.progress.values()) {
    const priority = position - base < hurriedSpan ? null : priorityOfIntake(topics, topic);
    if (priority === null) continue;
    const lowest = state.entries.get(coordinatesKey({ priority, partition, offset: base }));
    if (lowest !== undefined) state.index.hurry(lowest);
  }
}

interface Placing {
  readonly entry: Entry;
  readonly member: Member;
  readonly isSpilled: boolean;
}

function place(
  { state, settings, nowMs, brokerNowMs }: DispatchPass,
  { entry, member, isSpilled }: Placing,
): Sent | null {
  const { chunk, coordinates, record } = entry;
  const { worker, kind, partitions } = member.heartbeat;
  const partition = partitionFor(partitions, coordinates.priority, entry);
  if (chunk === null || partition === null) return null;
  const assignment = { coordinates, term: state.term.term, number: entry.nextNumber };
  const order = laneOrderFor(chunk, {
    assignment,
    attempt: entry.failedTries.size + 1,
    excludedWorkers: [...entry.excludedWorkers],
    dispatchedAtMs: Math.round(brokerNowMs),
    startByMs: Math.round(brokerNowMs + settings.startWithinMs),
    spilled: isSpilled,
  });
  if (isSpilled && !entry.hasSpilled) state.tallies.spilled(coordinates.priority);
  const startByMs = nowMs + settings.startWithinMs;
  const mediaMs = state.index.mediaMsOf(entry);
  startTry(entry, { assignment, sentTo: { worker, kind }, startByMs }, { isSpilled });
  const lane = { kind, priority: coordinates.priority };
  const headers = [...record.headers, ...textHeaders([[laneOrderHeader, encodeLaneOrder(order)]])];
  const { key, value } = record;
  const topic = settings.topics.lane(lane);
  return { lane, isSpilled, mediaMs, record: { topic, partition, key, value, headers } };
}

/** Spread over the partitions that the worker owns, so that none grows a tail. */
function partitionFor(
  owned: Member['heartbeat']['partitions'],
  priority: Priority,
  entry: Entry,
): number | null {
  const fitting = owned.filter((partition) => partition.priority === priority);
  return fitting[entry.coordinates.offset % Math.max(1, fitting.length)]?.partition ?? null;
}
