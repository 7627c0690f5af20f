import * as fc from 'fast-check';
import {
  poolReasons,
  refusalCauses,
  workersReasons,
} from '../../../services/shared/chunk/decision.ts';
import type { Decision, DecisionRecord } from '../../../services/shared/chunk/decision.ts';
import {
  directiveStates,
  dispatchOrders,
  dueBoundsMs,
  spillVerdicts,
} from '../../../services/shared/chunk/demand.ts';
import type { Demand } from '../../../services/shared/chunk/demand.ts';
import { spillGateReasons, spillGates } from '../../../services/shared/chunk/directive.ts';
import type { Directive } from '../../../services/shared/chunk/directive.ts';
import { nodePhases } from '../../../services/shared/chunk/node-pools.ts';
import type { PoolOrder, PoolState } from '../../../services/shared/chunk/node-pools.ts';
import type { PauseWord, SpillWord } from '../../../services/shared/chunk/operator.ts';
import { workerKinds } from '../../../services/shared/chunk/words.ts';
import { count, printableText, priority, spanMs, wellFormedText, writableMs } from './seed.ts';

const kind = fc.constantFrom(...workerKinds);
const leader = fc.record({ term: count, sequence: count });
const figures = fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z]{0,20}$/), spanMs);

const capacity = fc.array(
  fc.record({
    pool: fc.option(printableText),
    kind,
    slotsReady: count,
    slotSpeed: spanMs,
    coming: fc.array(fc.record({ atMs: writableMs, slots: count }), { maxLength: 3 }),
  }),
  { maxLength: 3 },
);

const wanted = {
  kind,
  pool: fc.option(printableText),
  replicas: count,
  isActive: fc.boolean(),
};

const said = {
  by: printableText,
  untilMs: fc.option(writableMs),
  note: fc.option(wellFormedText),
};
const pause = {
  scaleIn: fc.boolean(),
  scaleOut: fc.boolean(),
  nodes: fc.option(count),
};

export const anyPauseWord: fc.Arbitrary<PauseWord> = fc.record({
  ...said,
  ...pause,
  atMs: writableMs,
});

export const anySpillWord: fc.Arbitrary<SpillWord> = fc.record({
  ...said,
  atMs: writableMs,
  spill: fc.constantFrom('open' as const, 'shut' as const),
});

export const anyDirective: fc.Arbitrary<Directive> = fc.record({
  leader,
  issuedAtMs: writableMs,
  expiresAtMs: writableMs,
  capacity,
  workers: fc.array(fc.record(wanted), { maxLength: 3 }),
  spill: fc.record({
    gate: fc.constantFrom(...spillGates),
    reason: fc.constantFrom(...spillGateReasons),
    mediaMsPerMinuteMax: fc.option(spanMs),
  }),
  degradeLevel: count,
});

const anyDecision: fc.Arbitrary<Decision> = fc.record({
  atMs: writableMs,
  pools: fc.array(
    fc.record({
      pool: printableText,
      nodesCurrent: count,
      nodesLoaded: count,
      nodesDesired: count,
      reason: fc.constantFrom(...poolReasons),
      pausedBy: fc.option(fc.record(said)),
      figures,
      refused: fc.array(fc.record({ nodes: count, cause: fc.constantFrom(...refusalCauses) }), {
        maxLength: 3,
      }),
    }),
    { maxLength: 3 },
  ),
  spill: fc.record({
    gate: fc.constantFrom(...spillGates),
    reason: fc.constantFrom(...spillGateReasons),
    saidBy: fc.option(fc.record(said)),
    figures,
  }),
  workers: fc.array(fc.record({ ...wanted, reason: fc.constantFrom(...workersReasons), figures }), {
    maxLength: 3,
  }),
  capacity,
});

export const anyDecisions: fc.Arbitrary<readonly DecisionRecord[]> = fc.array(
  fc.record({ leader, decision: anyDecision }),
  { maxLength: 4 },
);

export const anyDemand: fc.Arbitrary<Demand> = fc.record({
  term: printableText,
  sequence: count,
  publishedAtMs: writableMs,
  queues: fc.array(
    fc.record({
      priority,
      model: fc.option(printableText),
      waitingChunks: count,
      waitingMediaMs: spanMs,
      gpuChunks: count,
      gpuMediaMs: spanMs,
      cpuChunks: count,
      cpuMediaMs: spanMs,
      oldestSubmittedAtMs: fc.option(writableMs),
      dueMediaMs: fc.array(spanMs, {
        minLength: dueBoundsMs.length + 1,
        maxLength: dueBoundsMs.length + 1,
      }),
    }),
    { maxLength: 3 },
  ),
  tallies: fc.array(
    fc.record({
      priority,
      readChunks: count,
      readMediaMs: spanMs,
      allowedMs: fc.option(spanMs),
      spilledChunks: count,
      onTime: count,
      late: count,
      deadLetters: count,
      expired: count,
    }),
    { maxLength: 3 },
  ),
  order: fc.constantFrom(...dispatchOrders),
  directive: fc.record({
    state: fc.constantFrom(...directiveStates),
    term: fc.option(count),
    sequence: fc.option(count),
  }),
  spill: fc.record({
    isOpen: fc.boolean(),
    verdicts: fc.array(fc.record({ verdict: fc.constantFrom(...spillVerdicts), chunks: count }), {
      maxLength: 6,
    }),
  }),
});

export const anyPools: fc.Arbitrary<readonly PoolState[]> = fc.array(
  fc.record({
    pool: printableText,
    nodesDesired: count,
    nodes: fc.array(
      fc.record({
        node: printableText,
        phase: fc.constantFrom(...nodePhases),
        reached: fc.array(fc.record({ phase: fc.constantFrom(...nodePhases), agoMs: spanMs }), {
          maxLength: 6,
        }),
      }),
      { maxLength: 4 },
    ),
    problem: fc.option(wellFormedText),
    pause: fc.option(fc.record(pause)),
  }),
  { maxLength: 3 },
);

export const anyPoolOrder: fc.Arbitrary<PoolOrder> = fc.record({ nodesDesired: count, leader });
