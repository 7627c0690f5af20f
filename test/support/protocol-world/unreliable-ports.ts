import type {
  ActiveTerm,
  RoleSource,
  LaneSource,
  RecordSink,
  TopicAdmin,
  TopicFollower,
} from '../../../services/shared/kafka/ports.ts';
import { chance } from './options.ts';
import type { History } from './history.ts';
import { Inbox } from './simulated-process.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Random } from '../../../services/shared/clock/ports.ts';

/** The ports of one process as it finds them: late, out of reach, losing answers. */

export function unreliableSink(process: SimulatedProcess, sink: RecordSink): RecordSink {
  return {
    send: (records) => process.request(() => sink.send(records)),
    close: () => sink.close(),
  };
}

export function unreliableFollower(
  process: SimulatedProcess,
  follower: TopicFollower,
  stalledUntilMs: () => number,
): TopicFollower {
  const inbox = new Inbox(process, stalledUntilMs);
  return {
    start: ({ topics, from, onBatch, onFatal }) =>
      follower.start({
        topics,
        // A run is shorter than any window, so that "since" is the beginning.
        from: from === 'end' ? 'end' : 'beginning',
        onBatch: (batch) => inbox.push(() => onBatch(batch)),
        onFatal,
      }),
    readableEnds: () => process.request(() => follower.readableEnds()),
    stop: () => follower.stop(),
  };
}

export function unreliableAdmin(process: SimulatedProcess): TopicAdmin {
  const opening = process.connection.topicAdmin();
  return {
    ensure: async (topics) => (await opening).ensure(topics),
    ensureGroupOffsets: async (group, topics) => (await opening).ensureGroupOffsets(group, topics),
    partitionCounts: async (topics) => (await opening).partitionCounts(topics),
    retentionMs: (topics) => process.request(async () => (await opening).retentionMs(topics)),
    close: async () => (await opening).close(),
  };
}

export function unreliableLanes(process: SimulatedProcess, lanes: LaneSource): LaneSource {
  const inbox = new Inbox(process, () => 0);
  return {
    start: ({ onChange, onFatal }) =>
      lanes.start({ onChange: () => inbox.push(onChange), onFatal }),
    partitions: () => lanes.partitions(),
    hasWaiting: () => lanes.hasWaiting(),
    take: () => process.request(() => lanes.take()),
    stop: () => lanes.stop(),
  };
}

export function unreliableIntake(
  process: SimulatedProcess,
  intake: RoleSource,
  parts: {
    readonly history: History;
    readonly random: Random;
    /** For intake and `done`, which one reader reads. */
    readonly stalledUntilMs: () => number;
  },
): RoleSource {
  const { history, stalledUntilMs } = parts;
  const inbox = new Inbox(process, stalledUntilMs);
  const terms = new Map<ActiveTerm, ActiveTerm>();
  const told = (term: ActiveTerm): ActiveTerm => {
    const known = terms.get(term) ?? unreliableTerm(process, term, parts);
    terms.set(term, known);
    return known;
  };
  return {
    start: (handlers) =>
      intake.start({
        onActive: (term) => {
          history.termBegins(process, term.term);
          inbox.push(() => handlers.onActive(told(term)));
        },
        onBatch: (term, batch) => inbox.push(() => handlers.onBatch(told(term), batch)),
        onInactive: () => inbox.push(() => handlers.onInactive()),
        onLost: (term, lost) => inbox.push(() => handlers.onLost(told(term), lost)),
        onFatal: (error) => inbox.push(() => handlers.onFatal(error)),
      }),
    stop: () => intake.stop(),
  };
}

function unreliableTerm(
  process: SimulatedProcess,
  term: ActiveTerm,
  { history, random }: { readonly history: History; readonly random: Random },
): ActiveTerm {
  return {
    term: term.term,
    committed: term.committed,
    reportEnds: term.reportEnds,
    async settle(step) {
      history.settling(process, step);
      process.beginSettling();
      await process.clock.sleepMs(process.latencyMs());
      if (process.isLossy && chance(random, 0.35)) {
        const where = (['before', 'open', 'after'] as const)[Math.floor(random.next() * 3)];
        process.connection.faults.failNextSettle(where ?? 'before');
      }
      try {
        await term.settle(step);
      } catch (error) {
        history.settleErrors += 1;
        throw error;
      }
      await process.clock.sleepMs(process.latencyMs());
    },
    isOwnershipFresh: () => term.isOwnershipFresh(),
    pause: (partition) => term.pause(partition),
    resume: (partition) => term.resume(partition),
  };
}
