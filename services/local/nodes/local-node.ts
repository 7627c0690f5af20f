import type { NodePhase, PoolNode } from '../../shared/chunk/node-pools.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import type { NodeProgram } from './ports.ts';

/**
 * The phases of a boot and the share of its time that each one lasts; then the worker's process is
 * started. Guessed after what cloud GPU nodes do: most of the time goes to the machine itself, the
 * rest to joining, to the driver, and to the worker's image.
 */
const bootStages: readonly { readonly phase: NodePhase; readonly shareFraction: number }[] = [
  { phase: 'ordered', shareFraction: 0.1 },
  { phase: 'launched', shareFraction: 0.4 },
  { phase: 'registered', shareFraction: 0.2 },
  { phase: 'ready', shareFraction: 0.2 },
  { phase: 'allocatable', shareFraction: 0.1 },
];

export interface LocalNodeView extends PoolNode {
  /** Until its worker's process is started; `null` once it is, and while the node leaves. */
  readonly bootLeftMs: number | null;
}

/** A machine that is none: it takes its time to boot, and then a process of this machine runs. */
export interface LocalNode {
  readonly name: string;
  isBooting(): boolean;
  isLeaving(): boolean;
  view(): LocalNodeView;
  /** Since `launched`, which is when a cloud begins to charge; until it is gone. */
  paidMs(): number;
  /**
   * A booting node is gone at once, any other once its worker has drained and ended. Idempotent;
   * resolves when it is gone.
   */
  leave(): Promise<void>;
}

export interface LocalNodeOptions {
  readonly name: string;
  /** From the order to the start of the worker's process. */
  readonly bootMs: number;
  /** The boot took place before, at its usual pace: the worker starts at once. */
  readonly hasBooted: boolean;
  readonly clock: Clock;
  readonly startProgram: () => NodeProgram;
  readonly onChange: () => void;
  /** The worker cannot be kept running. */
  readonly onBroken: () => void;
}

/**
 *     ordered → launched → registered → ready → allocatable → (worker runs) → leaving → gone
 *
 * All times are monotonic. That the worker has loaded its models is for its heartbeat to say.
 */
export function orderLocalNode(options: LocalNodeOptions): LocalNode {
  const { name, bootMs, clock } = options;
  const startedAtMs = clock.monotonicMs();
  const orderedAtMs = options.hasBooted ? startedAtMs - bootMs : startedAtMs;
  const reached: { readonly phase: NodePhase; readonly atMs: number }[] = [];
  let program: NodeProgram | null = null;
  let cancelNext = (): void => undefined;
  let leaving: Promise<void> | null = null;
  let goneAtMs: number | null = null;

  const proceed = (stageIndex: number, atMs: number): void => {
    const stage = bootStages[stageIndex];
    if (stage === undefined) {
      runProgram();
      return;
    }
    reached.push({ phase: stage.phase, atMs });
    const nextAtMs = atMs + stage.shareFraction * bootMs;
    const next = (): void => proceed(stageIndex + 1, nextAtMs);
    const leftMs = nextAtMs - clock.monotonicMs();
    if (options.hasBooted) next();
    else cancelNext = clock.after(Math.max(0, leftMs), next);
    options.onChange();
  };
  const runProgram = (): void => {
    program = options.startProgram();
    void program.ended.then(() => {
      if (leaving === null) options.onBroken();
    });
    options.onChange();
  };
  const leave = async (): Promise<void> => {
    cancelNext();
    if (program !== null) {
      reached.push({ phase: 'leaving', atMs: clock.monotonicMs() });
      options.onChange();
      await program.stop();
    }
    goneAtMs = clock.monotonicMs();
    options.onChange();
  };
  proceed(0, orderedAtMs);

  return {
    name,
    isBooting: () => program === null && leaving === null,
    isLeaving: () => leaving !== null,
    view() {
      const nowMs = clock.monotonicMs();
      return {
        node: name,
        phase: reached.at(-1)?.phase ?? 'ordered',
        reached: reached.map(({ phase, atMs }) => ({ phase, agoMs: Math.round(nowMs - atMs) })),
        bootLeftMs:
          program === null && leaving === null ? Math.max(0, orderedAtMs + bootMs - nowMs) : null,
      };
    },
    paidMs() {
      const launched = reached.find(({ phase }) => phase === 'launched');
      // What a node that was there before has cost before is nobody's to count here.
      const fromMs = Math.max(launched?.atMs ?? Number.POSITIVE_INFINITY, startedAtMs);
      return Math.max(0, (goneAtMs ?? clock.monotonicMs()) - fromMs);
    },
    leave: () => (leaving ??= leave()),
  };
}
