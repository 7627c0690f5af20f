/** How urgent a chunk is. Order is significance: earlier is served first. */
export const priorities = ['live', 'standard', 'bulk'] as const;
export type Priority = (typeof priorities)[number];

/** What a worker computes on. Each kind has its own lanes and its own consumer group. */
export const workerKinds = ['gpu', 'cpu'] as const;
export type WorkerKind = (typeof workerKinds)[number];

/** One topic of work: everything of one priority that one kind of worker is to do. */
export interface Lane {
  readonly kind: WorkerKind;
  readonly priority: Priority;
}
