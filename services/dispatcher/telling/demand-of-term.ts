import { judgeSpill } from '../../policy/dispatch/judge-spill.ts';
import { dueBoundsMs, spillVerdicts } from '../../shared/chunk/demand.ts';
import type { Demand, QueueDemand } from '../../shared/chunk/demand.ts';
import type { WorkerKind } from '../../shared/chunk/words.ts';
import type { DispatchPass } from '../dispatching/dispatch-pass.ts';
import { passInputs } from '../dispatching/dispatch-pass.ts';
import type { Entry } from '../knowledge/entry.ts';

/** What is unfinished in the term, for the scaler and for those who watch. */
export function demandOfTerm(pass: DispatchPass, sequence: number): Demand {
  const { state, directive, brokerNowMs } = pass;
  const { observation, settings } = passInputs(pass);
  const counts = judgeSpill(observation, state.dispatching.memory, settings);
  const leader = directive.newest?.leader;
  return {
    term: state.term.term,
    sequence,
    publishedAtMs: Math.round(brokerNowMs),
    queues: queuesOf(pass),
    tallies: state.tallies.counts(),
    order: state.dispatching.order,
    directive: {
      state: directive.state,
      term: leader?.term ?? null,
      sequence: leader?.sequence ?? null,
    },
    spill: {
      isOpen: observation.gate === 'open',
      verdicts: spillVerdicts.map((verdict) => ({ verdict, chunks: counts[verdict] })),
    },
  };
}

type Queue = { -readonly [Field in keyof QueueDemand]: QueueDemand[Field] } & {
  dueMediaMs: number[];
};

function queuesOf(pass: DispatchPass): readonly QueueDemand[] {
  const { index } = pass.state;
  const queues = new Map<string, Queue>();
  for (const entries of [index.waitingEntries(), index.heldBack(), index.inFlight()]) {
    for (const entry of entries) addTo(queueOf(queues, entry), entry, pass);
  }
  return [...queues.values()];
}

function queueOf(queues: Map<string, Queue>, { coordinates, chunk }: Entry): Queue {
  const { priority } = coordinates;
  const model = chunk?.model ?? null;
  const key = JSON.stringify([priority, model]);
  const queue = queues.get(key) ?? {
    priority,
    model,
    waitingChunks: 0,
    waitingMediaMs: 0,
    gpuChunks: 0,
    gpuMediaMs: 0,
    cpuChunks: 0,
    cpuMediaMs: 0,
    oldestSubmittedAtMs: null,
    dueMediaMs: Array.from({ length: dueBoundsMs.length + 1 }, () => 0),
  };
  queues.set(key, queue);
  return queue;
}

function addTo(queue: Queue, entry: Entry, pass: DispatchPass): void {
  const mediaMs = pass.state.index.mediaMsOf(entry);
  switch (assignedKind(entry, pass)) {
    case null:
      queue.waitingChunks += 1;
      queue.waitingMediaMs += mediaMs;
      break;
    case 'gpu':
      queue.gpuChunks += 1;
      queue.gpuMediaMs += mediaMs;
      break;
    case 'cpu':
      queue.cpuChunks += 1;
      queue.cpuMediaMs += mediaMs;
  }
  const { chunk, record } = entry;
  const submittedAtMs = chunk?.submittedAtMs ?? record.timestampMs;
  queue.oldestSubmittedAtMs = Math.min(queue.oldestSubmittedAtMs ?? submittedAtMs, submittedAtMs);
  const bucket = dueBucket((chunk?.deadlineAtMs ?? submittedAtMs) - pass.brokerNowMs);
  queue.dueMediaMs[bucket] = (queue.dueMediaMs[bucket] ?? 0) + mediaMs;
}

/** `null` while nobody has it. Of several tries, the oldest one's. */
function assignedKind({ liveTries }: Entry, { fleet }: DispatchPass): WorkerKind | null {
  for (const { worker, sentTo } of liveTries.values()) {
    const heard = worker === null ? undefined : fleet.members().get(worker)?.heartbeat.kind;
    return heard ?? sentTo?.kind ?? 'gpu';
  }
  return null;
}

function dueBucket(leftMs: number): number {
  const bucket = dueBoundsMs.findIndex((boundMs) => leftMs <= boundMs);
  return bucket === -1 ? dueBoundsMs.length : bucket;
}
