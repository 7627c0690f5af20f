import { isLaunched } from './machines.ts';
import type { Machine } from './machines.ts';
import type { OpenOrder, PoolBook, PoolLook } from './pool-book.ts';

export interface OpenOrders {
  /** For a machine that was not there before: the oldest order, if there is one. */
  take(): OpenOrder | null;
  rest(): Pick<PoolBook, 'open' | 'ordersNamed'>;
}

/** The orders of the last look and those whose claims have ended, for this look's machines. */
export function openOrders(
  book: PoolBook,
  look: PoolLook,
  machines: readonly Machine[],
): OpenOrders {
  let ordersNamed = book.ordersNamed;
  const name = (): string => {
    ordersNamed += 1;
    // With the time, so that another scaler's names are others.
    return `${look.pool}/ordered-${Math.floor(look.wallMs / 1000)}-${ordersNamed}`;
  };
  const there = new Set(machines.flatMap(({ keys }) => keys));
  const reopened = book.entries
    .filter(({ machine }) => !isLaunched(machine))
    .filter(({ machine }) => !machine.keys.some((key) => there.has(key)))
    .map(({ machine, order, reachedAtMs }) => ({
      name: order?.name ?? name(),
      orderedAtMs: reachedAtMs.get('ordered') ?? look.nowMs,
      refused: `${machine.claim ?? 'its claim'} was given up before it was launched: there is no machine to be had`,
    }));
  const waiting = [...book.open, ...reopened].toSorted((a, b) => a.orderedAtMs - b.orderedAtMs);
  return {
    take: () => waiting.shift() ?? null,
    rest: () => {
      const present = machines.filter(({ isDeleted }) => !isDeleted).length;
      const missing = Math.max(0, look.nodesDesired - present);
      // The oldest stay open: an order that was taken back is the last one.
      const open = waiting.slice(0, missing);
      const orderedAtMs = Math.min(look.raisedAtMs ?? look.nowMs, look.nowMs);
      while (open.length < missing) open.push({ name: name(), orderedAtMs, refused: null });
      return { open, ordersNamed };
    },
  };
}
