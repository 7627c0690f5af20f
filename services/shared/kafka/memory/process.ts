import type { Clock, Random } from '../../clock/ports.ts';
import type { Group } from './group.ts';
import type { Link } from './link.ts';
import type { MemoryTopics } from './topics.ts';
import type { Transactions } from './transactions.ts';

/** What is common to all processes. */
export interface MemoryCluster {
  readonly clock: Clock;
  readonly random: Random;
  readonly topics: MemoryTopics;
  readonly transactions: Transactions;
  group(name: string): Group;
}

/**
 * Where the next settle fails.
 * - `before`: nothing reached the broker.
 * - `open`: outcomes were appended, the transaction neither committed nor aborted.
 * - `after`: all was applied, the answer was lost.
 */
export type SettleFault = 'before' | 'open' | 'after';

/** One process: its link, and the faults that wait for it. */
export interface MemoryProcess {
  readonly cluster: MemoryCluster;
  readonly link: Link;
  /** Returns the fault that was planted for the next settle and forgets it. */
  takeSettleFault(): SettleFault | null;
}
