import { dueBoundsMs, encodeDemand } from '../../services/shared/chunk/demand.ts';
import type { Demand, QueueDemand } from '../../services/shared/chunk/demand.ts';
import type { Topics } from '../../services/shared/chunk/topics.ts';
import type { OutgoingRecord } from '../../services/shared/kafka/ports.ts';

/** Unfinished video: so much, all of it due within the same time. */
export interface Due {
  readonly mediaMs: number;
  readonly withinMs: number;
}

/** What a dispatcher with this much to do would tell. */
export function demandRecord(
  topics: Topics,
  due: Due,
  told: { readonly sequence: number; readonly publishedAtMs: number },
): OutgoingRecord {
  const demand: Demand = {
    ...told,
    term: 'dispatcher',
    queues: [queueOf(due)],
    tallies: [],
    order: 'earliest-deadline',
    directive: { state: 'none', term: null, sequence: null },
    spill: { isOpen: true, verdicts: [] },
  };
  const value = Buffer.from(encodeDemand(demand));
  return { topic: topics.demand, partition: 0, key: Buffer.from('demand'), value, headers: [] };
}

const chunkMediaMs = 2000;

function queueOf({ mediaMs, withinMs }: Due): QueueDemand {
  const bucket = dueBoundsMs.findIndex((boundMs) => boundMs >= withinMs);
  const chunks = Math.ceil(mediaMs / chunkMediaMs);
  return {
    priority: 'standard',
    model: null,
    waitingChunks: chunks,
    waitingMediaMs: mediaMs,
    gpuChunks: 0,
    gpuMediaMs: 0,
    cpuChunks: 0,
    cpuMediaMs: 0,
    oldestSubmittedAtMs: null,
    dueMediaMs: [...dueBoundsMs, 0].map((_, index) => (index === bucket ? mediaMs : 0)),
  };
}
