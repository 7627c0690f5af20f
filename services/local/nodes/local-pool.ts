import type { PoolState } from '../../shared/chunk/node-pools.ts';
import type { Clock, Random } from '../../shared/clock/ports.ts';
import { orderLocalNode } from './local-node.ts';
import type { LocalNode, LocalNodeView } from './local-node.ts';
import type { StartNodeProgram } from './ports.ts';

export interface LocalPoolOptions {
  readonly pool: string;
  /** As a cloud's quota: what is ordered beyond it does not come. */
  readonly nodesMax: number;
  /** There from the beginning, without a boot; at most `nodesMax`. */
  readonly nodesAtStart: number;
  /** From a node's order to the start of its worker's process. */
  readonly bootMs: number;
  /** Each boot takes up to this share more or less, 0 to 1. */
  readonly bootSpreadFraction: number;
}

/**
 * A pool as a person watches it: what the scaler is told, and what it costs. Nothing here carries
 * annotations, so it never pauses itself.
 */
export interface LocalPoolView extends PoolState {
  readonly nodesMax: number;
  readonly nodes: readonly LocalNodeView[];
  /** Of all its nodes, those that are gone included: from `launched` to gone. */
  readonly nodePaidMs: number;
}

export interface LocalPool {
  readonly name: string;
  /** Orders what is missing; of too many the newest that still boot go first, then the newest. */
  setDesired(nodesDesired: number): void;
  view(): LocalPoolView;
  /** Resolves when every node is gone. */
  close(): Promise<void>;
}

export interface LocalPoolTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly startProgram: StartNodeProgram;
  readonly onChange: () => void;
  readonly onBroken: (node: string) => void;
}

export function createLocalPool(options: LocalPoolOptions, tools: LocalPoolTools): LocalPool {
  const { pool, nodesMax, bootMs, bootSpreadFraction } = options;
  const { clock, random, onChange } = tools;
  /** In the order in which they were ordered. */
  const nodes: LocalNode[] = [];
  let numberLast = 0;
  let nodesDesired = options.nodesAtStart;
  let broken: string | null = null;
  let goneMs = 0;

  const order = (hasBooted: boolean): void => {
    numberLast += 1;
    const name = `${pool}-${numberLast}`;
    const spread = 1 + bootSpreadFraction * (2 * random.next() - 1);
    const node = orderLocalNode({
      name,
      hasBooted,
      bootMs: bootMs * spread,
      clock,
      onChange,
      startProgram: () => tools.startProgram({ pool, node: name }),
      onBroken: () => {
        broken = name;
        tools.onBroken(name);
      },
    });
    nodes.push(node);
  };
  const leave = async (node: LocalNode): Promise<void> => {
    await node.leave();
    const at = nodes.indexOf(node);
    if (at < 0) return;
    nodes.splice(at, 1);
    goneMs += node.paidMs();
    onChange();
  };
  const resize = (): void => {
    const staying = nodes.filter((node) => !node.isLeaving());
    const missing = Math.min(nodesDesired, nodesMax) - staying.length;
    for (let count = 0; count < missing; count += 1) order(false);
    for (const node of firstToLeave(staying, Math.max(0, -missing))) void leave(node);
  };
  const problem = (): string | null => {
    if (broken !== null) return `the worker of ${broken} cannot be kept running; see its log`;
    if (nodesDesired <= nodesMax) return null;
    return `${nodesDesired} nodes are wanted, but the pool has at most ${nodesMax}`;
  };

  for (let count = 0; count < options.nodesAtStart; count += 1) order(true);
  return {
    name: pool,
    setDesired(wanted) {
      nodesDesired = wanted;
      resize();
      onChange();
    },
    view: () => ({
      pool,
      nodesDesired,
      nodesMax,
      nodes: nodes.map((node) => node.view()),
      problem: problem(),
      pause: null,
      nodePaidMs: goneMs + nodes.reduce((sum, node) => sum + node.paidMs(), 0),
    }),
    async close() {
      await Promise.all(nodes.map((node) => leave(node)));
    },
  };
}

/** What boots has cost the least and does nothing yet; among equals the newest. */
function firstToLeave(staying: readonly LocalNode[], count: number): readonly LocalNode[] {
  const newestFirst = staying.toReversed();
  const booting = newestFirst.filter((node) => node.isBooting());
  const running = newestFirst.filter((node) => !node.isBooting());
  return [...booting, ...running].slice(0, count);
}
