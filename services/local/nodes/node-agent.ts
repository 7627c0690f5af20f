import { isLater } from '../../shared/chunk/directive.ts';
import type { LeaderStamp } from '../../shared/chunk/directive.ts';
import type { PoolOrder } from '../../shared/chunk/node-pools.ts';
import type { Clock, Random } from '../../shared/clock/ports.ts';
import { openAgentServer } from './agent-server.ts';
import type { AgentServer, OrderAnswer } from './agent-server.ts';
import { createLocalPool } from './local-pool.ts';
import type { LocalPool, LocalPoolOptions, LocalPoolView } from './local-pool.ts';
import type { StartNodeProgram } from './ports.ts';

export interface NodeAgentOptions {
  /** Names that differ from each other. */
  readonly pools: readonly LocalPoolOptions[];
  readonly clock: Clock;
  /** Decides how much longer or shorter each boot takes. */
  readonly random: Random;
  readonly startProgram: StartNodeProgram;
  /** The worker of this node cannot be kept running. */
  readonly onBroken?: (node: string) => void;
}

/**
 * Holds the GPU nodes of this machine. Scalers come and go and order over HTTP; the nodes and their
 * workers stay. It obeys the leader that spoke last and refuses those who spoke before.
 */
export class NodeAgent {
  readonly #pools: ReadonlyMap<string, LocalPool>;
  readonly #watchers = new Set<() => void>();
  #server: AgentServer | null = null;
  #heard: LeaderStamp | null = null;
  #closing: Promise<void> | null = null;

  /** Starts the nodes that are there from the beginning, and listens on a free port of 127.0.0.1. */
  static async open(options: NodeAgentOptions): Promise<NodeAgent> {
    const agent = new NodeAgent(options);
    agent.#server = await openAgentServer({
      pools: () => agent.pools(),
      order: (pool, order) => agent.#order(pool, order),
    });
    return agent;
  }

  private constructor(options: NodeAgentOptions) {
    const { clock, random, startProgram } = options;
    const tools = {
      clock,
      random,
      startProgram,
      onChange: () => this.#tell(),
      onBroken: (node: string) => options.onBroken?.(node),
    };
    this.#pools = new Map(options.pools.map((each) => [each.pool, createLocalPool(each, tools)]));
  }

  /** Where scalers find it: `http://127.0.0.1:41234`. */
  get url(): string {
    return `http://127.0.0.1:${this.#server?.port ?? 0}`;
  }

  pools(): readonly LocalPoolView[] {
    return [...this.#pools.values()].map((pool) => pool.view());
  }

  /** Calls `watch` after each change of a node or an order; the returned function ends that. */
  onChange(watch: () => void): () => void {
    this.#watchers.add(watch);
    return () => void this.#watchers.delete(watch);
  }

  /** No order is taken any more; resolves when the workers have drained and all nodes are gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#server?.close();
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  #order(name: string, order: PoolOrder): OrderAnswer {
    const pool = this.#pools.get(name);
    if (pool === undefined) return { kind: 'unknown-pool', pools: [...this.#pools.keys()] };
    const heard = this.#heard;
    if (heard !== null && isLater(heard, order.leader)) return { kind: 'superseded', heard };
    this.#heard = order.leader;
    pool.setDesired(order.nodesDesired);
    return { kind: 'accepted' };
  }

  #tell(): void {
    for (const watch of this.#watchers) watch();
  }
}
