import { parseCoordinates } from '../../../services/shared/chunk/coordinates.ts';
import { faultsEndAtMs } from './options.ts';
import type { WorldOptions } from './options.ts';
import type { History } from './history.ts';
import type { SeenOutcome } from './outcomes.ts';

const attemptsMax = 3;

/** What must hold when a run has come to its end. */
export function checkEnd(history: History, options: WorldOptions): void {
  history.lookIntoIntake();
  const outcomes = history.outcomes();
  checkOutcomes(history, outcomes);
  checkTwins(history, outcomes);
  checkExpired(history, outcomes, options);
  checkCondemned(history, outcomes);
  checkComputations(history, options);
  for (const [chunk, deaths] of history.deaths) {
    // One more for each take-over: a death is known to the next term only once it is committed.
    if (deaths > attemptsMax + history.terms - 1) {
      history.violate('poison-beyond-bound', `${chunk}: ${deaths} deaths, ${history.terms} terms`);
    }
  }
  if (history.settleErrors > 12 + 4 * options.faults.length) {
    history.violate('settle-storm', `${history.settleErrors} errors`);
  }
}

function checkOutcomes(
  history: History,
  outcomes: ReadonlyMap<string, readonly SeenOutcome[]>,
): void {
  for (const [chunk, { nature }] of history.chunks) {
    const found = outcomes.get(chunk) ?? [];
    if (found.length === 0) history.violate('no-outcome', `${chunk} (${nature})`);
    if (found.length > 1) {
      history.violate('two-outcomes', `${chunk}: ${found.map(describe).join(', ')}`);
    }
  }
}

function checkTwins(history: History, outcomes: ReadonlyMap<string, readonly SeenOutcome[]>): void {
  const byId = new Map<string, SeenOutcome[]>();
  for (const [chunk, { id }] of history.chunks) {
    byId.set(id, [...(byId.get(id) ?? []), ...(outcomes.get(chunk) ?? [])]);
  }
  for (const [id, twins] of byId) {
    const isRefused = ({ reason }: SeenOutcome): boolean =>
      reason === 'duplicate' || reason === 'conflict';
    // What retention took was never read, so that its twin may be accepted as well.
    const accepted = twins.filter((twin) => !isRefused(twin) && !isLoss(twin));
    if (accepted.length > 1) history.violate('duplicate-accepted', id);
    if (twins.length > 0 && twins.every(isRefused)) history.violate('all-duplicates', id);
  }
}

const isLoss = ({ kind, deadlineAtMs }: SeenOutcome): boolean =>
  kind === 'expired' && deadlineAtMs === null;

/** How wrong a dispatcher's notion of broker time may be: half a slow round trip. */
const brokerClockErrorMs = 800;

/** Nothing expires but what is late, where its priority says so. */
function checkExpired(
  history: History,
  outcomes: ReadonlyMap<string, readonly SeenOutcome[]>,
  { late }: WorldOptions,
): void {
  for (const [chunk, found] of outcomes) {
    for (const { kind, deadlineAtMs, publishedAtMs } of found) {
      if (kind !== 'expired' || deadlineAtMs === null || publishedAtMs === null) continue;
      history.expired += 1;
      const priority = parseCoordinates(chunk)?.priority ?? 'bulk';
      if (late[priority] !== 'expire') history.violate('expired-against-rule', chunk);
      if (publishedAtMs + brokerClockErrorMs < deadlineAtMs) {
        history.violate('expired-early', chunk);
      }
    }
  }
}

function checkCondemned(
  history: History,
  outcomes: ReadonlyMap<string, readonly SeenOutcome[]>,
): void {
  for (const [chunk, { nature }] of history.chunks) {
    const letter = outcomes.get(chunk)?.find(({ kind }) => kind === 'dead-letter');
    if (letter === undefined || letter.reason === 'duplicate') continue;
    const innocent = history.innocentTries.get(chunk)?.size ?? 0;
    if (nature === 'healthy' && innocent < attemptsMax) {
      history.violate(
        'healthy-condemned',
        `${chunk}: ${letter.reason}, ${innocent} of ${attemptsMax}`,
      );
    }
  }
}

function checkComputations(history: History, { faults, chunks }: WorldOptions): void {
  const isCalm = faults.length === 0 && chunks.every(({ nature }) => nature !== 'kills-worker');
  for (const [chunk, computations] of history.computations) {
    const assignments = new Set(computations.map(({ assignment }) => assignment));
    if (assignments.size < computations.length) history.violate('assignment-twice', chunk);
    const nature = history.chunks.get(chunk)?.nature;
    const isOnce = nature === 'healthy' || nature === 'bad';
    if (isCalm && isOnce && computations.length > 1) {
      history.violate('computed-twice-without-faults', chunk);
    }
  }
}

const describe = ({ kind, reason }: SeenOutcome): string =>
  reason === null ? kind : `${kind} (${reason})`;

/** How long everything may take once the faults are over: poison, its neighbours and their waits. */
export const endAtMs = faultsEndAtMs + 150_000;
