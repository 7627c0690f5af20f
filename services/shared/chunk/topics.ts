import { priorities, workerKinds } from './words.ts';
import type { Lane, Priority, WorkerKind } from './words.ts';

/** The names of every topic and consumer group of one installation; all share `prefix`. */
export interface Topics {
  readonly prefix: string;
  readonly results: string;
  readonly deadLetters: string;
  readonly expired: string;
  readonly done: string;
  readonly fleet: string;
  /** What is unfinished, told by the active dispatcher. */
  readonly demand: string;
  /** What the leading scaler tells the dispatchers, and remembers. */
  readonly directive: string;
  /** What people tell the scaler. */
  readonly operator: string;
  intake(priority: Priority): string;
  lane(lane: Lane): string;
}

export const defaultTopicPrefix = 'spillway.';

/** Kafka allows letters, digits, dot, underscore and hyphen, 249 characters with the topic's own name. */
export function isTopicPrefix(prefix: string): boolean {
  return /^[A-Za-z0-9._-]{0,200}$/.test(prefix);
}

export function topicsWithPrefix(prefix: string): Topics {
  return {
    prefix,
    results: `${prefix}results`,
    deadLetters: `${prefix}dead-letters`,
    expired: `${prefix}expired`,
    done: `${prefix}done`,
    fleet: `${prefix}fleet`,
    demand: `${prefix}demand`,
    directive: `${prefix}directive`,
    operator: `${prefix}operator`,
    intake: (priority) => `${prefix}intake.${priority}`,
    lane: ({ kind, priority }) => `${prefix}${kind}.${priority}`,
  };
}

export const outcomeTopics = (topics: Topics): readonly string[] => [
  topics.results,
  topics.deadLetters,
  topics.expired,
];

export const intakeTopics = (topics: Topics): readonly string[] =>
  priorities.map((priority) => topics.intake(priority));

export const laneTopics = (topics: Topics, kind: WorkerKind): readonly string[] =>
  priorities.map((priority) => topics.lane({ kind, priority }));

export const allLanes: readonly Lane[] = workerKinds.flatMap((kind) =>
  priorities.map((priority) => ({ kind, priority })),
);

/** The group whose committed offsets are the truth about what is settled. */
export const dispatcherGroup = (topics: Topics): string => `${topics.prefix}dispatcher`;

/** One transactional id for the role, not for the process: a new active dispatcher fences the old. */
export const dispatcherTransactionalId = (topics: Topics): string => `${topics.prefix}dispatcher`;

/** The group whose one active member is the leading scaler. */
export const scalerGroup = (topics: Topics): string => `${topics.prefix}scaler`;

/** As with the dispatcher: a new leader fences the old one. */
export const scalerTransactionalId = (topics: Topics): string => `${topics.prefix}scaler`;

export const workerGroup = (topics: Topics, kind: WorkerKind): string =>
  `${topics.prefix}workers.${kind}`;
