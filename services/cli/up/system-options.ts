import type {
  LocalCpuOptions,
  LocalGpuOptions,
  LocalSystemOptions,
} from '../../local/system/system-options.ts';
import { CommandError } from '../command-error.ts';
import { storySettings } from './story/story-plan.ts';

/** What was typed after `up`. */
export interface UpOptions {
  /** Absolute paths. */
  readonly modelRepositories: readonly string[];
  /** CPU workers. */
  readonly workers: number;
  readonly bootSeconds: number;
  readonly demo: boolean;
  readonly spill: boolean;
  readonly scaler: boolean;
  readonly untilDone?: true;
  readonly json?: string;
}

/** Own models are computed as fast as they are, so the demo's story has no place beside them. */
export const playsStory = ({ demo, modelRepositories }: UpOptions): boolean =>
  demo && modelRepositories.length === 0;

/** @throws CommandError `usage` for wishes that exclude each other. */
export function requireSense(options: UpOptions): void {
  const refuse = (message: string): never => {
    throw new CommandError('usage', message);
  };
  if (!options.spill && !options.scaler) {
    refuse('--no-spill is an order to the scaler, so it cannot go with --no-scaler; choose one');
  }
  if (!playsStory(options)) {
    const why = options.demo ? '--model-repository' : '--no-demo';
    const asked = [
      ...(options.untilDone === true ? ['--until-done'] : []),
      ...(options.spill ? [] : ['--no-spill']),
      ...(options.scaler ? [] : ['--no-scaler']),
    ];
    if (asked.length > 0) {
      refuse(`${asked.join(' and ')} is about the demo, which is not played with ${why}`);
    }
  }
  if (options.json !== undefined && options.untilDone !== true) {
    refuse('--json writes the summary of --until-done; add it, or leave --json out');
  }
}

/** One active, one standing by. */
const dispatchers = 2;
const tickMs = 1000;

type SystemShape = Pick<
  LocalSystemOptions,
  'dispatchers' | 'cpu' | 'gpu' | 'scalers' | 'spill' | 'tickMs'
>;

/** Which programs run: the story's emulated nodes and workers, or real CPU workers alone. */
export function systemShape(options: UpOptions): SystemShape {
  const { workers, scaler, spill } = options;
  if (!playsStory(options)) {
    const cpu: LocalCpuOptions = { workers, slots: 1, emulatedSpeed: null };
    return { dispatchers, cpu, gpu: null, scalers: 0, spill: 'auto', tickMs };
  }
  const { cpu, gpu, pricePerHour } = storySettings;
  const { pool, nodesMin, nodesMax, slotsPerNode } = gpu;
  const nodes: LocalGpuOptions = {
    pool,
    nodesMin,
    nodesMax,
    nodesAtStart: nodesMin,
    bootMs: options.bootSeconds * 1000,
    slotsPerNode,
    emulatedSpeed: gpu.slotSpeed,
    pricePerHour,
  };
  return {
    dispatchers,
    cpu: { workers, slots: cpu.slotsPerWorker, emulatedSpeed: cpu.slotSpeed },
    gpu: nodes,
    scalers: scaler ? 1 : 0,
    spill: spill ? 'auto' : 'shut',
    tickMs,
  };
}
