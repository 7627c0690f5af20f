import type { DecisionRecord } from '../../shared/chunk/decision.ts';
import type { Demand, QueueDemand, SpillVerdict } from '../../shared/chunk/demand.ts';
import type {
  Directive,
  LeaderStamp,
  SpillGate,
  SpillGateReason,
} from '../../shared/chunk/directive.ts';
import { workerGoneAfterMs } from '../../shared/chunk/fleet.ts';
import type { Heartbeat, WorkerState } from '../../shared/chunk/fleet.ts';
import type { Pause, Said, SpillWord } from '../../shared/chunk/operator.ts';
import { priorities, workerKinds } from '../../shared/chunk/words.ts';
import type { Priority, WorkerKind } from '../../shared/chunk/words.ts';
import type { Heard, Knowledge } from './knowledge.ts';

/** The system at one moment, for people and as JSON; times are broker time. */
export interface SystemView {
  readonly atMs: number;
  readonly dispatcher: DispatcherView;
  readonly scaler: ScalerView;
  readonly priorities: readonly PriorityView[];
  readonly workers: readonly WorkersView[];
  /** Slots of booting nodes that the scaler counts on, the next ones first. */
  readonly coming: readonly ComingView[];
  readonly spill: SpillView;
  /** What people said and did not take back, as long as it holds. */
  readonly words: readonly WordView[];
  /** The last decision that differed from the one before it; `null` before one was made. */
  readonly decision: DecisionRecord | null;
}

/** Whether somebody whose word is expected again and again still speaks. */
export type Speech =
  | { readonly state: 'never' }
  | { readonly state: 'speaking' | 'silent'; readonly spokeAtMs: number };

export type DispatcherView = Speech & {
  readonly term: string | null;
  /** How it chooses among what waits; `null` before it spoke. */
  readonly order: Demand['order'] | null;
};

export type ScalerView = Speech & { readonly leader: LeaderStamp | null };

export interface PriorityView {
  readonly priority: Priority;
  /** Unsettled chunks; `null`: not known. */
  readonly lagChunks: number | null;
  /** Since the submission of the oldest unsettled chunk; `null`: none, or not known. */
  readonly oldestAgeMs: number | null;
  /** In intake, on GPU lanes or workers, on CPU lanes or workers; `null`: no dispatcher has spoken. */
  readonly waitingChunks: number | null;
  readonly gpuChunks: number | null;
  readonly cpuChunks: number | null;
  /** Since the dispatcher's term began: of the chunks with a deadline to meet; `null`: of none yet. */
  readonly onTimeFraction: number | null;
  readonly onTime: number;
  readonly late: number;
  readonly expired: number;
  readonly deadLetters: number;
  readonly spilledChunks: number;
}

/** Workers of one kind on one pool. */
export interface WorkersView {
  readonly kind: WorkerKind;
  readonly pool: string;
  /** Real decode and inference, at a pace that imitates a device. */
  readonly emulated: boolean;
  readonly workers: Readonly<Record<WorkerState, number>>;
  readonly slots: number;
  readonly inHandChunks: number;
  /** Media time per wall time of one slot, mean of the workers that measured it; `null`: none has. */
  readonly slotSpeed: number | null;
}

export interface ComingView {
  readonly pool: string | null;
  readonly slots: number;
  /** 0: due, and not there yet. */
  readonly inMs: number;
}

export interface SpillView {
  /** `null`: no dispatcher has spoken. */
  readonly isOpen: boolean | null;
  /** What the leading scaler says; `null` where none speaks. */
  readonly gate: SpillGate | null;
  readonly gateReason: SpillGateReason | null;
  readonly directive: Demand['directive']['state'] | null;
  readonly verdicts: Readonly<Partial<Record<SpillVerdict, number>>>;
  readonly waitingChunks: number;
  readonly cpuChunks: number;
}

/** One word of an operator. */
export type WordView = Said & { readonly atMs: number } & (
    | { readonly about: 'spill'; readonly spill: SpillWord['spill'] }
    | {
        readonly about: 'pool';
        /** `null`: all pools that have no word of their own. */
        readonly pool: string | null;
        readonly pause: Pause;
      }
  );

/** A dispatcher speaks every second; a stand-by takes over within ten. */
const silentAfterMs = 4000;

export function viewOf(knowledge: Knowledge, atMs: number): SystemView {
  const { demand, directive, decisions } = knowledge;
  const isFollowed = directive !== null && directive.value.expiresAtMs > atMs;
  return {
    atMs,
    dispatcher: {
      ...speechOf(demand, (said) => atMs - said.atMs <= silentAfterMs),
      term: demand?.value.term ?? null,
      order: demand?.value.order ?? null,
    },
    scaler: {
      ...speechOf(directive, () => isFollowed),
      leader: directive?.value.leader ?? null,
    },
    priorities: priorities.map((priority) => priorityView(knowledge, priority, atMs)),
    workers: workersViews(knowledge, atMs),
    coming: isFollowed ? comingOf(directive.value, atMs) : [],
    spill: spillView(demand?.value ?? null, isFollowed ? directive.value : null),
    words: wordsOf(knowledge, atMs),
    decision: decisions.at(-1) ?? null,
  };
}

function speechOf<Value>(
  said: Heard<Value> | null,
  isSpeaking: (said: Heard<Value>) => boolean,
): Speech {
  if (said === null) return { state: 'never' };
  return { state: isSpeaking(said) ? 'speaking' : 'silent', spokeAtMs: said.atMs };
}

function priorityView(
  { demand, lagChunks }: Knowledge,
  priority: Priority,
  atMs: number,
): PriorityView {
  const queues = demand?.value.queues.filter((queue) => queue.priority === priority) ?? null;
  const tally = demand?.value.tallies.find((each) => each.priority === priority);
  const { onTime = 0, late = 0, expired = 0, deadLetters = 0, spilledChunks = 0 } = tally ?? {};
  const due = onTime + late + expired;
  const sum = (of: (queue: QueueDemand) => number): number | null =>
    queues === null ? null : queues.reduce((total, queue) => total + of(queue), 0);
  const submitted = (queues ?? []).flatMap(({ oldestSubmittedAtMs }) => oldestSubmittedAtMs ?? []);
  return {
    priority,
    lagChunks: lagChunks.get(priority) ?? null,
    oldestAgeMs: submitted.length === 0 ? null : Math.max(0, atMs - Math.min(...submitted)),
    waitingChunks: sum((queue) => queue.waitingChunks),
    gpuChunks: sum((queue) => queue.gpuChunks),
    cpuChunks: sum((queue) => queue.cpuChunks),
    onTimeFraction: due === 0 ? null : onTime / due,
    onTime,
    late,
    expired,
    deadLetters,
    spilledChunks,
  };
}

function workersViews({ workers }: Knowledge, atMs: number): readonly WorkersView[] {
  const heard = [...workers.values()]
    .filter((worker) => atMs - worker.atMs <= workerGoneAfterMs)
    .map(({ value }) => value);
  const groups = new Map<string, readonly Heartbeat[]>();
  for (const worker of heard) {
    const key = `${workerKinds.indexOf(worker.kind)} ${worker.pool} ${worker.emulated}`;
    groups.set(key, [...(groups.get(key) ?? []), worker]);
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, members]) => groupView(members) ?? []);
}

function groupView(members: readonly Heartbeat[]): WorkersView | null {
  const [first] = members;
  if (first === undefined) return null;
  const { kind, pool, emulated } = first;
  const speeds = members.flatMap((worker) => worker.speeds.map(({ speed }) => speed));
  const counted = (state: WorkerState): number =>
    members.filter((worker) => worker.state === state).length;
  return {
    kind,
    pool,
    emulated,
    workers: {
      loading: counted('loading'),
      ready: counted('ready'),
      draining: counted('draining'),
    },
    slots: members
      .filter(({ state }) => state === 'ready')
      .reduce((sum, { slots }) => sum + slots, 0),
    inHandChunks: members.reduce((sum, { inHand }) => sum + inHand.length, 0),
    slotSpeed:
      speeds.length === 0 ? null : speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length,
  };
}

function comingOf({ capacity }: Directive, atMs: number): readonly ComingView[] {
  return capacity
    .flatMap(({ pool, coming }) =>
      coming.map(({ atMs: readyAtMs, slots }) => ({
        pool,
        slots,
        inMs: Math.max(0, readyAtMs - atMs),
      })),
    )
    .toSorted((a, b) => a.inMs - b.inMs);
}

/** The words that hold at `atMs`: on spill, on all pools, on pools by name. */
export function wordsOf({ spillWord, pauseWords }: Knowledge, atMs: number): readonly WordView[] {
  const pauses = [...pauseWords].toSorted(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1));
  const words: readonly WordView[] = [
    ...(spillWord === null ? [] : [{ about: 'spill' as const, ...spillWord }]),
    ...pauses.map(([pool, { scaleIn, scaleOut, nodes, ...said }]) => ({
      about: 'pool' as const,
      pool,
      pause: { scaleIn, scaleOut, nodes },
      ...said,
    })),
  ];
  return words.filter(({ untilMs }) => untilMs === null || untilMs > atMs);
}

function spillView(demand: Demand | null, directive: Directive | null): SpillView {
  const verdicts = demand?.spill.verdicts ?? [];
  const sum = (of: (queue: QueueDemand) => number): number =>
    (demand?.queues ?? []).reduce((total, queue) => total + of(queue), 0);
  return {
    isOpen: demand?.spill.isOpen ?? null,
    gate: directive?.spill.gate ?? null,
    gateReason: directive?.spill.reason ?? null,
    directive: demand?.directive.state ?? null,
    verdicts: Object.fromEntries(verdicts.map(({ verdict, chunks }) => [verdict, chunks])),
    waitingChunks: sum((queue) => queue.waitingChunks),
    cpuChunks: sum((queue) => queue.cpuChunks),
  };
}
