import type { Priority } from '../../shared/chunk/words.ts';
import type { Crew, Load } from './load.ts';
import type { DispatchObservation } from './observation.ts';
import type { WaitingChunk } from './waiting-chunk.ts';

/** What could compute a chunk: how soon it would start, and how long it would take. */
interface Finisher {
  /** `null`: slots that are coming. */
  readonly worker: string | null;
  readonly startDelayMs: number;
  readonly msPerMediaMs: number;
}

/** Who can do the chunks of one priority and model. */
export interface ServiceGroup {
  readonly priority: Priority;
  /** Ready workers that own a lane of the priority and may have the chunks. */
  readonly gpu: readonly Load[];
  readonly cpu: readonly Load[];
  /** Of these, at least those that still have room. */
  readonly open: { readonly gpu: Load[]; readonly cpu: Load[] };
  /** Of the quickest CPU worker; infinite without any. */
  readonly cpuMsPerMediaMs: number;
  /** A GPU worker would do them, now or once it is there: only then does CPU work overflow. */
  readonly isForGpu: boolean;
  readonly finishers: readonly Finisher[];
  /** Those that are the soonest for some length of media. */
  readonly soonest: readonly Finisher[];
}

export interface Crews {
  readonly gpu: Crew;
  readonly cpu: Crew;
}

export type GroupOf = (chunk: WaitingChunk) => ServiceGroup;

/** Groups are made when first asked for; models that no worker serves share one. */
export function groupChunks(crews: Crews, observation: DispatchObservation): GroupOf {
  const known = new Set(
    [...crews.gpu.loads, ...crews.cpu.loads].flatMap(({ worker }) => [...worker.models]),
  );
  type GroupOfModel = Map<string | null | undefined, ServiceGroup>;
  const groups: Readonly<Record<Priority, GroupOfModel>> = {
    live: new Map(),
    standard: new Map(),
    bulk: new Map(),
  };
  return ({ priority, model }) => {
    const served = model === null || known.has(model) ? model : undefined;
    const ofPriority = groups[priority];
    let group = ofPriority.get(served);
    if (group === undefined) {
      group = makeGroup({ crews, observation, priority, model: served });
      ofPriority.set(served, group);
    }
    return group;
  };
}

interface GroupFacts {
  readonly crews: Crews;
  readonly observation: DispatchObservation;
  readonly priority: Priority;
  /** `undefined`: one that nobody serves. */
  readonly model: string | null | undefined;
}

function makeGroup({ crews, observation, priority, model }: GroupFacts): ServiceGroup {
  const { comingGpu, gate, nowMs } = observation;
  const isGpuReady = crews.gpu.loads.length > 0;
  const isGpuComing = comingGpu.length > 0;
  const serves = ({ worker }: Load): boolean =>
    model === undefined || model === null || worker.models.has(model);
  const ownsLane = ({ worker }: Load): boolean => worker.priorities.has(priority);
  const gpuServing = crews.gpu.loads.filter(serves);
  // What nobody serves any worker may have: its refusal names the models there are. But a GPU
  // worker knows best, so CPU workers refuse nothing while one is there or will be.
  const mayHave = model !== undefined || (!isGpuReady && !isGpuComing);
  const cpu = mayHave ? crews.cpu.loads.filter((load) => serves(load) && ownsLane(load)) : [];
  // GPU workers are reckoned with even while they own no lane: in the middle of a join none does.
  const ready = gate === 'open' ? [...gpuServing, ...cpu] : gpuServing;
  const coming = isGpuReady && gpuServing.length === 0 ? [] : comingGpu;
  const finishers: readonly Finisher[] = [
    ...ready.map(({ worker, startDelayMs, msPerMediaMs }) => ({
      worker: worker.worker,
      startDelayMs,
      msPerMediaMs,
    })),
    ...coming.map(({ atMs, slotSpeed }) => ({
      worker: null,
      startDelayMs: Math.max(0, atMs - nowMs),
      msPerMediaMs: slotSpeed > 0 ? 1 / slotSpeed : Number.POSITIVE_INFINITY,
    })),
  ];
  const gpu = gpuServing.filter(ownsLane);
  return {
    priority,
    gpu,
    cpu,
    open: {
      gpu: gpu.filter(({ hasRoom }) => hasRoom),
      cpu: cpu.filter(({ hasRoom }) => hasRoom),
    },
    cpuMsPerMediaMs: cpu.reduce(
      (least, { msPerMediaMs }) => Math.min(least, msPerMediaMs),
      Number.POSITIVE_INFINITY,
    ),
    isForGpu: gpuServing.length > 0 || (!isGpuReady && isGpuComing),
    finishers,
    soonest: soonestOf(finishers),
  };
}

function soonestOf(finishers: readonly Finisher[]): readonly Finisher[] {
  const soonest: Finisher[] = [];
  for (const finisher of finishers.toSorted((a, b) => a.startDelayMs - b.startDelayMs)) {
    const quickest = soonest.at(-1)?.msPerMediaMs ?? Number.POSITIVE_INFINITY;
    if (finisher.msPerMediaMs < quickest) soonest.push(finisher);
  }
  return soonest;
}

/**
 * Who could compute a chunk that some worker failed on: those only where there is no other, and not
 * before the wait is over, `repeatAfterMs` from now.
 */
export function othersOf(
  { finishers, soonest }: ServiceGroup,
  { excludedWorkers }: Pick<WaitingChunk, 'excludedWorkers'>,
  repeatAfterMs: number,
): readonly Finisher[] {
  const isOther = ({ worker }: Finisher): boolean =>
    worker === null || !excludedWorkers.has(worker);
  // Where those that are left out are slower anyhow, the soonest of the others are the same.
  if (soonest.every(isOther)) return soonest;
  const others = finishers.filter(isOther);
  if (others.length > 0) return others;
  return finishers.map((finisher) => ({
    ...finisher,
    startDelayMs: Math.max(repeatAfterMs, finisher.startDelayMs),
  }));
}

/** Whether one of them would finish a chunk in time if it went before all others. */
export function canBeInTime(
  finishers: readonly Finisher[],
  mediaMs: number,
  dueAfterMs: number,
): boolean {
  for (const { startDelayMs, msPerMediaMs } of finishers) {
    if (startDelayMs + mediaMs * msPerMediaMs <= dueAfterMs) return true;
  }
  return false;
}
