import { isLaunched } from './machines.ts';
import type { Machine, SeenPhase } from './machines.ts';
import { openOrders } from './open-orders.ts';
import type { MachineEntry, OpenOrder, PoolBook, PoolLook } from './pool-book.ts';

/** The book after a look. Pure. */
export function followMachines(book: PoolBook, look: PoolLook): PoolBook {
  const ageOf = ages(book, look);
  // A claim that ends unlaunched is no node that leaves: nothing was there.
  const machines = look.machines.filter((machine) => !machine.isDeleted || isLaunched(machine));
  const before = new Map(
    book.entries.flatMap((entry) => entry.machine.keys.map((key) => [key, entry])),
  );
  const orders = openOrders(book, look, machines);
  const entries = machines.map((machine) => {
    const same = machine.keys.flatMap((key) => before.get(key) ?? []);
    const order =
      same.length === 0 ? orders.take() : (same.find((each) => each.order)?.order ?? null);
    return entryOf(machine, { same, order, ageOf, nowMs: look.nowMs });
  });
  return { lookedAtMs: look.nowMs, entries, ...orders.rest() };
}

type AgeOf = (atMs: number | null) => number | null;

/**
 * Turns what others wrote down into ages. What was not there at the last look began since then,
 * whatever the clocks say. At the first look only the server's times tell: against this machine's
 * clock, which is put forward if anything was written in its future. An age is never below 0.
 */
function ages({ lookedAtMs }: PoolBook, { machines, nowMs, wallMs }: PoolLook): AgeOf {
  const written = machines.flatMap(({ reached }) =>
    [...reached.values()].flatMap(({ atMs }) => atMs ?? []),
  );
  const serverNowMs = Math.max(wallMs, ...written);
  if (lookedAtMs === null) return (atMs) => (atMs === null ? null : serverNowMs - atMs);
  const ageMax = Math.max(0, nowMs - lookedAtMs);
  return (atMs) => (atMs === null ? 0 : Math.min(ageMax, serverNowMs - atMs));
}

function entryOf(
  machine: Machine,
  {
    same,
    order,
    ageOf,
    nowMs,
  }: {
    readonly same: readonly MachineEntry[];
    readonly order: OpenOrder | null;
    readonly ageOf: AgeOf;
    readonly nowMs: number;
  },
): MachineEntry {
  const reachedAtMs = new Map<SeenPhase, number>();
  let floorMs = Number.NEGATIVE_INFINITY;
  for (const [phase, { atMs }] of machine.reached) {
    const known = same.flatMap((entry) => entry.reachedAtMs.get(phase) ?? []);
    const ageMs = ageOf(atMs);
    // What nobody dated is taken to have begun with the phase before it.
    const toldMs = ageMs === null ? (Number.isFinite(floorMs) ? floorMs : nowMs) : nowMs - ageMs;
    const ownMs = known.length > 0 ? Math.min(...known) : toldMs;
    const orderedMs = phase === 'ordered' && order !== null ? order.orderedAtMs : ownMs;
    // Clocks of servers and kubelets differ; no phase comes before the one that leads to it.
    floorMs = Math.max(floorMs, Math.min(ownMs, orderedMs));
    reachedAtMs.set(phase, floorMs);
  }
  const wasReady = machine.isReady === true || same.some((entry) => entry.wasReady);
  const cause = machine.leaving ?? fadingCause(machine, wasReady);
  const since = same.flatMap(({ leaving }) => leaving?.sinceMs ?? []);
  const leaving = cause === null ? null : { cause, sinceMs: Math.min(nowMs, ...since) };
  return { machine, order, reachedAtMs, wasReady, leaving };
}

/** A node that has worked and does not any more is no capacity, whatever may become of it. */
function fadingCause({ isReady }: Machine, wasReady: boolean): string | null {
  if (!wasReady || isReady === true) return null;
  return isReady === null ? 'its Node object is gone' : 'it is not ready any more';
}
