import type { WorkersWanted } from '../../shared/chunk/directive.ts';
import { workerKinds } from '../../shared/chunk/words.ts';
import type { WorkerKind } from '../../shared/chunk/words.ts';
import type { WorkersSnapshot } from './workers-view.ts';

/** Which workers a trigger asks for. */
export interface Trigger {
  readonly kind: WorkerKind;
  /** `null` for CPU workers, which are one group. */
  readonly pool: string | null;
}

/** Why a call gets no answer; the message is one line for whoever reads KEDA's log. */
export interface Refusal {
  /**
   * `INVALID_ARGUMENT` and `NOT_FOUND`: the ScaledObject must be corrected. `UNAVAILABLE`: it is not
   * known now how many workers are wanted. `RESOURCE_EXHAUSTED`: too many streams are open.
   */
  readonly code: 'INVALID_ARGUMENT' | 'NOT_FOUND' | 'UNAVAILABLE' | 'RESOURCE_EXHAUSTED';
  readonly message: string;
}

export type Answer<Value> =
  | { readonly kind: 'given'; readonly value: Value }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export const given = <Value>(value: Value): Answer<Value> => ({ kind: 'given', value });

export const refused = (code: Refusal['code'], message: string): Answer<never> => ({
  kind: 'refused',
  refusal: { code, message },
});

const ownKeys = ['kind', 'pool', 'topicPrefix'];
/** What KEDA itself reads of the metadata, and hands on with the rest. */
const kedaKeys = ['scalerAddress', 'enableTLS', 'unsafeSsl'];

/** What this scaler answers for, by its settings. */
export interface Installation {
  readonly topicPrefix: string;
  /** The groups of workers whose number it decides. */
  readonly sized: readonly Trigger[];
}

/** Reads a trigger's metadata; a word that is not known is refused, since it may be a misspelt one. */
export function readTrigger(
  metadata: Readonly<Record<string, string>>,
  installation: Installation,
): Answer<Trigger> {
  const { topicPrefix } = installation;
  const unknown = Object.keys(metadata).find((key) => ![...ownKeys, ...kedaKeys].includes(key));
  if (unknown !== undefined) {
    return wrong(`${shown(unknown)} is no key of it; there are ${ownKeys.join(', ')}`);
  }
  const { kind: kindText = '', pool = '', topicPrefix: prefix = '' } = metadata;
  if (prefix !== '' && prefix !== topicPrefix) {
    return wrong(
      `topicPrefix is ${shown(prefix)} but this scaler is of ${shown(topicPrefix)}; ` +
        'correct scalerAddress or topicPrefix',
    );
  }
  const kind = workerKinds.find((each) => each === kindText);
  if (kind === undefined) {
    const found = kindText === '' ? 'is not set' : `is ${shown(kindText)}`;
    return wrong(`kind ${found}; it must be ${workerKinds.join(' or ')}`);
  }
  if (kind === 'cpu' && pool !== '') {
    return wrong(`pool is ${shown(pool)} with kind cpu; CPU workers are one group: leave pool out`);
  }
  if (kind === 'gpu' && pool === '') {
    return wrong('pool is not set; with kind gpu it must name a pool of SPILLWAY_POOLS');
  }
  return sizedTrigger({ kind, pool: kind === 'cpu' ? null : pool }, installation);
}

function sizedTrigger(trigger: Trigger, { sized }: Installation): Answer<Trigger> {
  if (sized.some((other) => isOf(trigger, other))) return given(trigger);
  if (trigger.pool === null) {
    return refused(
      'NOT_FOUND',
      'trigger metadata: kind is "cpu", but this scaler does not size CPU workers; set ' +
        'SPILLWAY_CPU_WORKERS_MIN, SPILLWAY_CPU_WORKERS_MAX and SPILLWAY_CPU_WORKER_SLOTS for it',
    );
  }
  const pools = sized.flatMap(({ pool }) => pool ?? []);
  return refused(
    'NOT_FOUND',
    `trigger metadata: pool is ${shown(trigger.pool)}, which this scaler does not size; ` +
      `there are ${pools.length === 0 ? 'none' : pools.join(', ')}`,
  );
}

/** What the snapshot says of a trigger's workers; a leader leaves out what it does not know yet. */
export function workersOf(snapshot: WorkersSnapshot, trigger: Trigger): Answer<WorkersWanted> {
  const found = snapshot.workers.find((workers) => isOf(trigger, workers));
  if (found !== undefined) return given(found);
  return unavailable('the leading scaler does not say it of these workers yet');
}

/** Never a number that may be wrong: KEDA and the HPA then leave the workers as they are. */
export const unavailable = (cause: string): Answer<never> =>
  refused(
    'UNAVAILABLE',
    `how many workers are wanted is not known: ${cause}; leave them as they are`,
  );

const isOf = ({ kind, pool }: Trigger, other: Trigger): boolean =>
  kind === other.kind && pool === other.pool;

const wrong = (problem: string): Answer<never> =>
  refused('INVALID_ARGUMENT', `trigger metadata: ${problem}`);

const shownCharactersMax = 80;

/** A foreign text in a line of ours. */
export const shown = (text: string): string => JSON.stringify(text.slice(0, shownCharactersMax));
