import type { PoolNode } from '../../../shared/chunk/node-pools.ts';
import { isLaunched } from './machines.ts';
import type { MachineEntry, PoolBook } from './pool-book.ts';

/** The nodes as the port gives them: machines first, then what was ordered and has no claim. */
export function nodesOf({ entries, open }: PoolBook, nowMs: number): readonly PoolNode[] {
  const agoMs = (atMs: number): number => Math.max(0, Math.round(nowMs - atMs));
  const machines = entries.map((entry): PoolNode => {
    const reached = [...entry.reachedAtMs].map(([phase, atMs]) => ({ phase, agoMs: agoMs(atMs) }));
    const node = nameOf(entry);
    const { leaving } = entry;
    if (leaving === null) return { node, phase: reached.at(-1)?.phase ?? 'ordered', reached };
    const last = { phase: 'leaving' as const, agoMs: agoMs(leaving.sinceMs) };
    return { node, phase: 'leaving', reached: [...reached, last] };
  });
  const orders = open.map(({ name, orderedAtMs }): PoolNode => {
    const reached = [{ phase: 'ordered' as const, agoMs: agoMs(orderedAtMs) }];
    return { node: name, phase: 'ordered', reached };
  });
  return [...machines, ...orders];
}

/** The node's as soon as it has one, since that is what its workers say. */
function nameOf({ machine, order }: MachineEntry): string {
  if (machine.node !== null) return machine.node;
  // Claims that come and go in vain are one order all the time.
  if (order?.refused !== null && order !== null && !isLaunched(machine)) return order.name;
  return machine.claim ?? machine.keys[0] ?? '';
}

/** Why what was ordered does not come; `null`: nothing speaks against it. */
export function problemOfOrders({ entries, open }: PoolBook): string | null {
  const waiting = entries.filter(({ machine }) => !isLaunched(machine));
  const told = waiting.find(({ machine }) => machine.problem !== null)?.machine;
  if (told !== undefined) return `${told.claim}: ${told.problem}`;
  const orders = [...waiting.flatMap(({ order }) => order ?? []), ...open];
  return orders.find(({ refused }) => refused !== null)?.refused ?? null;
}
