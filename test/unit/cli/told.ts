import type { DecisionRecord } from '../../../services/shared/chunk/decision.ts';
import { dueBoundsMs } from '../../../services/shared/chunk/demand.ts';
import type { Demand, SpillVerdict } from '../../../services/shared/chunk/demand.ts';
import type { Directive } from '../../../services/shared/chunk/directive.ts';
import type { Heartbeat } from '../../../services/shared/chunk/fleet.ts';

/** A broker's hour, early in an afternoon. */
export const atMs = 1_700_000_000_000;

/** Twelve chunks of live: eight wait, three are on GPU workers, one is on a CPU worker. */
export function demandTold(
  verdicts: Partial<Record<SpillVerdict, number>> = {},
  change: Partial<Demand> = {},
): Demand {
  return {
    term: 'k3x',
    sequence: 7,
    publishedAtMs: atMs - 500,
    queues: [
      {
        priority: 'live',
        model: null,
        waitingChunks: 8,
        waitingMediaMs: 16_000,
        gpuChunks: 3,
        gpuMediaMs: 6000,
        cpuChunks: 1,
        cpuMediaMs: 2000,
        oldestSubmittedAtMs: atMs - 4200,
        dueMediaMs: [...dueBoundsMs, 0].map(() => 0),
      },
    ],
    tallies: [
      {
        priority: 'live',
        readChunks: 212,
        readMediaMs: 424_000,
        allowedMs: 30_000,
        spilledChunks: 20,
        onTime: 197,
        late: 2,
        deadLetters: 1,
        expired: 1,
      },
    ],
    order: 'earliest-deadline',
    directive: { state: 'followed', term: 2, sequence: 40 },
    spill: {
      isOpen: true,
      verdicts: Object.entries(verdicts).map(([verdict, chunks]) => ({
        verdict: verdict as SpillVerdict,
        chunks,
      })),
    },
    ...change,
  };
}

/** One node computes, two slots come, spill is open. */
export function directiveTold(change: Partial<Directive> = {}): Directive {
  return {
    leader: { term: 2, sequence: 40 },
    issuedAtMs: atMs - 1000,
    expiresAtMs: atMs + 9000,
    capacity: [
      {
        pool: 'gpu-a',
        kind: 'gpu',
        slotsReady: 1,
        slotSpeed: 4,
        coming: [
          { atMs: atMs + 12_000, slots: 2 },
          { atMs: atMs - 1000, slots: 1 },
        ],
      },
    ],
    workers: [],
    spill: { gate: 'open', reason: 'overload', mediaMsPerMinuteMax: null },
    degradeLevel: 0,
    ...change,
  };
}

export function heartbeatTold(change: Partial<Heartbeat> = {}): Heartbeat {
  return {
    worker: 'worker-1',
    sequence: 3,
    kind: 'gpu',
    pool: 'gpu-a',
    node: 'gpu-a-1',
    state: 'ready',
    emulated: true,
    slots: 2,
    models: [],
    partitions: [],
    inHand: [],
    speeds: [{ model: 'traffic-demo', speed: 4 }],
    startedAtMs: atMs - 60_000,
    readyAtMs: atMs - 50_000,
    ...change,
  };
}

export function decisionTold(sequence: number, nodesDesired: number): DecisionRecord {
  return {
    leader: { term: 2, sequence },
    decision: {
      atMs: atMs - 3000,
      pools: [
        {
          pool: 'gpu-a',
          nodesCurrent: 1,
          nodesLoaded: 1,
          nodesDesired,
          reason: 'deadline',
          pausedBy: null,
          figures: {},
          refused: [{ nodes: 1, cause: 'work-late' }],
        },
      ],
      workers: [],
      spill: { gate: 'open', reason: 'overload', saidBy: null, figures: {} },
      capacity: [],
    },
  };
}
