import type { TopicPartition } from '../ports.ts';
import type { Group, JoinOptions } from './group.ts';
import type { MemoryProcess } from './process.ts';

/** A process's side of a group: joins, beats, and joins again when it was thrown out. */
export class Membership {
  readonly #process: MemoryProcess;
  readonly #group: Group;
  readonly #join: JoinOptions;
  readonly #onSync: () => void;
  readonly #stopWatching: () => void;
  #cancelHeartbeat: () => void = () => undefined;
  #isStopped = false;
  #isScheduled = false;
  #id: string | null = null;
  #generation = 0;
  #partitions: readonly TopicPartition[] = [];
  #confirmedAtMs = Number.NEGATIVE_INFINITY;

  /** `onSync` is called after each answer of the coordinator, changed or not. */
  constructor(
    process: MemoryProcess,
    group: Group,
    options: Omit<JoinOptions, 'onRebalance'> & { readonly onSync: () => void },
  ) {
    this.#process = process;
    this.#group = group;
    const { onSync, ...join } = options;
    this.#join = { ...join, onRebalance: () => this.#schedule() };
    this.#onSync = onSync;
    this.#stopWatching = process.link.watch(() => this.#schedule());
    this.#schedule();
    this.#beat();
  }

  /** The coordinator's name for this member; another one after each joining anew. */
  get id(): string | null {
    return this.#id;
  }

  get generation(): number {
    return this.#generation;
  }

  get partitions(): readonly TopicPartition[] {
    return this.#partitions;
  }

  /** Monotonic time of the coordinator's last answer. */
  get confirmedAtMs(): number {
    return this.#confirmedAtMs;
  }

  /** Asks the coordinator, if it can be reached. */
  sync(): void {
    if (this.#isStopped || !this.#process.link.isUp()) return;
    let assigned = this.#id === null ? null : this.#group.heartbeat(this.#id);
    if (assigned === null) {
      this.#id = this.#group.join(this.#join);
      assigned = this.#group.heartbeat(this.#id);
    }
    this.#generation = assigned?.generation ?? 0;
    this.#partitions = assigned?.partitions ?? [];
    this.#confirmedAtMs = this.#process.cluster.clock.monotonicMs();
    this.#onSync();
  }

  /** Leaves the group; a member that cannot reach it is dropped after its session. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#stopWatching();
    this.#cancelHeartbeat();
    this.#partitions = [];
    if (this.#id !== null && this.#process.link.isUp()) this.#group.leave(this.#id);
  }

  #beat(): void {
    const intervalMs = this.#join.sessionTimeoutMs / 6;
    this.#cancelHeartbeat = this.#process.cluster.clock.after(intervalMs, () => {
      this.sync();
      if (!this.#isStopped) this.#beat();
    });
  }

  /** Later, never inside the call that changed the group: handlers must not run in a stranger's turn. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.sync();
    });
  }
}
