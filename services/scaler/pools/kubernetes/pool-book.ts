import type { Machine, SeenPhase } from './machines.ts';

/**
 * What a driver remembers of a pool from look to look, so that ages are right whatever the clocks of
 * servers say, and so that an order keeps its age whoever fills it. All times are monotonic.
 *
 *     open order → claim → (launched) claim → (registered) node → gone
 *
 * A machine is one entry from its claim to its end, under whichever name it is known. What was wanted
 * and is not there is an open order; a claim that ends before it was launched leaves its order open.
 */
export interface PoolBook {
  /** `null`: never. */
  readonly lookedAtMs: number | null;
  readonly entries: readonly MachineEntry[];
  readonly open: readonly OpenOrder[];
  /** How many open orders were named: no name is given twice. */
  readonly ordersNamed: number;
}

/** A node that is wanted and that no claim stands for. */
export interface OpenOrder {
  readonly name: string;
  /** Monotonic. */
  readonly orderedAtMs: number;
  /** How a claim for it ended in vain; `null`: none did. */
  readonly refused: string | null;
}

export interface MachineEntry {
  readonly machine: Machine;
  /** The order that it fills; `null`: it was there, or came, without one. */
  readonly order: OpenOrder | null;
  readonly reachedAtMs: ReadonlyMap<SeenPhase, number>;
  readonly wasReady: boolean;
  readonly leaving: { readonly cause: string; readonly sinceMs: number } | null;
}

export interface PoolLook {
  readonly pool: string;
  readonly nodesDesired: number;
  readonly machines: readonly Machine[];
  readonly nowMs: number;
  /** Epoch time of this machine. */
  readonly wallMs: number;
  /** When this process last raised the size; `null`: not since the last look. */
  readonly raisedAtMs: number | null;
}

export const emptyBook: PoolBook = { lookedAtMs: null, entries: [], open: [], ordersNamed: 0 };
