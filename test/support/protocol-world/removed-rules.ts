import { doneHeader } from '../../../services/shared/chunk/done-record.ts';
import { decodeProgress, encodeProgress } from '../../../services/shared/chunk/progress.ts';
import type {
  ActiveTerm,
  RoleSource,
  LaneSource,
  OutgoingRecord,
  ReadBatch,
  ReceivedRecord,
  RecordSink,
} from '../../../services/shared/kafka/ports.ts';
import type { Sabotage } from './sabotage.ts';
import { topics } from './settings.ts';

/**
 * The protocol with one rule taken away, each by a port that breaks it, so that a run shows whether
 * the checks would notice. The code under test stays as it is.
 */

/** Two dispatchers do not shut each other out: each has a transactional id of its own. */
export const withoutFencing: Sabotage = {
  transactionalId: (usual, process) => `${usual}.${process}`,
};

/** Outcomes and progress are published one after the other. */
export const withoutOneTransaction: Sabotage = changedTerm((term) => ({
  async settle({ outcomes, offsets }) {
    await term.settle({ outcomes, offsets: [] });
    await term.settle({ outcomes: [], offsets });
  },
}));

/** A dispatcher that heard nothing from its group believes that it is the active one. */
export const withoutLease: Sabotage = changedTerm(() => ({ isOwnershipFresh: () => true }));

/** A new term knows only the lowest unsettled offset, not what is settled above it. */
export const withoutSettledAbove: Sabotage = changedTerm(({ committed }) => ({
  committed: committed.map((offset) => ({ ...offset, metadata: '' })),
}));

/** A new term starts every count of failed tries at none. */
export const withoutCommittedAttempts: Sabotage = changedTerm(({ committed }) => ({
  committed: committed.map((offset) => {
    const progress = decodeProgress(offset.offset, offset.metadata);
    if (progress === null || offset.metadata === '') return offset;
    const { metadata } = encodeProgress({ ...progress, failedAttempts: new Map() });
    return { ...offset, metadata };
  }),
}));

/** `done` is taken as read before it is, and its first records come too late. */
export const withoutReadingDone: Sabotage = {
  intake: (intake) =>
    wrapIntake(intake, {
      term: () => ({ reportEnds: new Map() }),
      batch: (batch) => ({ ...batch, records: [] }),
    }),
};

/** A new term decides on duplicates before it has read what was settled. */
export const withoutReadingOutcomes: Sabotage = {
  outcomes: (outcomes) => ({
    start: (options) => outcomes.start(options),
    readableEnds: () => Promise.resolve(new Map()),
    stop: () => outcomes.stop(),
  }),
};

/** What the scaler says is not listened to. */
export const withoutDirective: Sabotage = {
  directive: (directive) => ({
    start: ({ onBatch, ...options }) =>
      directive.start({ ...options, onBatch: (batch) => onBatch({ ...batch, records: [] }) }),
    readableEnds: () => directive.readableEnds(),
    stop: () => directive.stop(),
  }),
};

/** Workers believe that the fleet has heard them: nothing says what they have in hand. */
export const withoutListing: Sabotage = {
  workerSink: (sink) =>
    dropping(sink, ({ topic, value }) => topic === topics.fleet && isListing(value)),
};

/** Words to `done` are sent once, and each fourth is lost. */
export const withoutRepeatingDone: Sabotage = {
  workerSink: (sink) => {
    let count = 0;
    return dropping(sink, ({ headers }) => {
      if (headers.every(([name]) => name !== doneHeader)) return false;
      count += 1;
      return count % 4 === 0;
    });
  },
};

/** A lane record stays after it was taken: another worker takes it as well. */
export const withoutCommitOnTaking = (): Sabotage => {
  const left: { readonly record: ReceivedRecord; readonly by: LaneSource }[] = [];
  return {
    lanes: (lanes) => {
      const hasLeft = (): boolean => left[0] !== undefined && left[0].by !== lanes;
      return {
        start: (handlers) => lanes.start(handlers),
        partitions: () => lanes.partitions(),
        hasWaiting: () => hasLeft() || lanes.hasWaiting(),
        async take() {
          if (hasLeft()) return left.shift()?.record ?? null;
          const record = await lanes.take();
          if (record !== null) left.push({ record, by: lanes });
          return record;
        },
        stop: () => lanes.stop(),
      };
    },
  };
};

/** Silence counts as soon as a reader looks, caught up or not. */
export const withoutWatchedTime: Sabotage = {
  fleet: (fleet) => ({
    start: (options) => {
      let count = 0;
      return fleet.start({
        ...options,
        onBatch: (batch) => {
          // Empty answers that claim to be caught up, as if nothing had been said meanwhile.
          for (let step = 0; step < 3; step += 1)
            options.onBatch({ ...batch, records: [], caughtUp: true });
          count += 1;
          if (count % 8 === 0) options.onBatch(batch);
        },
      });
    },
    readableEnds: () => fleet.readableEnds(),
    stop: () => fleet.stop(),
  }),
};

function changedTerm(change: (term: ActiveTerm) => Partial<ActiveTerm>): Sabotage {
  return { intake: (intake) => wrapIntake(intake, { term: change, batch: (batch) => batch }) };
}

function wrapIntake(
  intake: RoleSource,
  changes: {
    readonly term: (term: ActiveTerm) => Partial<ActiveTerm>;
    /** Applied to batches of `done` below the end that it had when the term began. */
    readonly batch: (batch: ReadBatch) => ReadBatch;
  },
): RoleSource {
  const terms = new Map<ActiveTerm, ActiveTerm>();
  const told = (term: ActiveTerm): ActiveTerm => {
    const known = terms.get(term) ?? { ...plainTerm(term), ...changes.term(term) };
    terms.set(term, known);
    return known;
  };
  return {
    start: (handlers) =>
      intake.start({
        ...handlers,
        onActive: (term) => handlers.onActive(told(term)),
        onBatch: (term, batch) => {
          const end = term.reportEnds.get(`${batch.topic}/${batch.partition}`) ?? 0;
          const isOld = batch.topic === topics.done && batch.fromOffset < end;
          handlers.onBatch(told(term), isOld ? changes.batch(batch) : batch);
        },
        onLost: (term, lost) => handlers.onLost(told(term), lost),
      }),
    stop: () => intake.stop(),
  };
}

const plainTerm = (term: ActiveTerm): ActiveTerm => ({
  term: term.term,
  committed: term.committed,
  reportEnds: term.reportEnds,
  settle: (step) => term.settle(step),
  isOwnershipFresh: () => term.isOwnershipFresh(),
  pause: (partition) => term.pause(partition),
  resume: (partition) => term.resume(partition),
});

const isListing = (value: Buffer | null): boolean =>
  value?.toString('utf8').includes('"inHand":["') === true;

/** Answers for what it drops as the broker would. */
function dropping(sink: RecordSink, isDropped: (record: OutgoingRecord) => boolean): RecordSink {
  return {
    async send(records) {
      const kept = records.filter((record) => !isDropped(record));
      const dropped = records.length - kept.length;
      const appended = kept.length === 0 ? [] : await sink.send(kept);
      const answer = { topic: '', partition: 0, offset: 0, appendedAtMs: null };
      return [...appended, ...Array.from({ length: dropped }, () => answer)];
    },
    close: () => sink.close(),
  };
}
