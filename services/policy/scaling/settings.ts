import type { Priority } from '../../shared/chunk/words.ts';

/** A pool of GPU nodes of one shape, price and place. */
export interface PoolSettings {
  readonly pool: string;
  readonly nodesMin: number;
  readonly nodesMax: number;
  /** Money for one node for one hour; only ratios matter. */
  readonly pricePerHour: number;
  /** Chunks computed at a time by the workers of one node. */
  readonly slotsPerNode: number;
  /** From order to loaded worker, until boots have been measured. */
  readonly bootMsPrior: number;
  /** Media milliseconds per wall millisecond of one slot, until it was measured. */
  readonly slotSpeedPrior: number;
  /** Worker processes of one node: workers per GPU times its GPUs. */
  readonly workersPerNode: number;
  /** From the order to a machine that starts, until that was measured: longer means none is to be had. */
  readonly launchMsPrior: number;
}

/** CPU workers whose number the scaler decides. */
export interface CpuWorkerSettings {
  readonly workersMin: number;
  readonly workersMax: number;
  /** Chunks computed at a time by one worker. */
  readonly slotsPerWorker: number;
}

/** What a person decides about sizing; complete, since the policy has no defaults. */
export interface ScalingSettings {
  /** In order of preference. */
  readonly pools: readonly PoolSettings[];
  /** `null`: as many as somebody else starts. */
  readonly cpuWorkers: CpuWorkerSettings | null;
  /** Speed of a CPU slot until it was measured. */
  readonly cpuSlotSpeedPrior: number;
  /** Time from submission to deadline: of chunks that nobody has read yet. */
  readonly objectiveMs: Readonly<Record<Priority, number>>;
  /** Length of video of a chunk until lengths were read. */
  readonly mediaMsPrior: number;
  /** Boots for which fewer nodes must do before one is let go. */
  readonly holdBoots: number;
  /** Share of a forecast added to it, 0 or more. */
  readonly marginFraction: number;
  /** Boots for which a burst is taken to go on. */
  readonly persistenceBoots: number;
  /** First pause of a pool whose nodes did not come; doubles up to six times that. */
  readonly backOffMs: number;
  /** What the operator says about spill. */
  readonly spill: 'auto' | 'open' | 'shut';
}
