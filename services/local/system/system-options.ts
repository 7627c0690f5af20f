import type { Clock, Random } from '../../shared/clock/ports.ts';
import type { Keeper } from '../processes/keeper.ts';
import type { LogLine } from '../processes/log-lines.ts';
import type { SupervisionReport } from '../processes/supervise.ts';

/** The folder of a program below `services/`. */
export type ProgramFolder = 'dispatcher' | 'worker' | 'scaler';

/** Environment variables with their texts. */
export type Variables = Readonly<Record<string, string>>;

/** CPU workers, which are there from the beginning and stay. */
export interface LocalCpuOptions {
  /** 0: none. */
  readonly workers: number;
  /** Of each worker. */
  readonly slots: number;
  /** Media milliseconds per wall millisecond of one slot; `null`: as fast as they are. */
  readonly emulatedSpeed: number | null;
}

/** One pool of local GPU nodes, each with one worker. */
export interface LocalGpuOptions {
  readonly pool: string;
  readonly nodesMin: number;
  readonly nodesMax: number;
  /** There from the beginning, without a boot; `nodesMin` to `nodesMax`. */
  readonly nodesAtStart: number;
  /** From a node's order to the start of its worker's process. */
  readonly bootMs: number;
  readonly slotsPerNode: number;
  /** As for CPU workers; `null` needs a real GPU. */
  readonly emulatedSpeed: number | null;
  /** Of one node, in any currency. */
  readonly pricePerHour: number;
}

export interface LocalSystemOptions {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  /** Folder of claim checks, which the submitting programs know too. */
  readonly claimRoot: string;
  /** Folders of models besides the demo's. */
  readonly modelRepositories: readonly string[];
  readonly dispatchers: number;
  readonly cpu: LocalCpuOptions;
  /** `null`: no GPU nodes, and nothing that scalers could order. */
  readonly gpu: LocalGpuOptions | null;
  /** One leads, the others stand by; 0: nodes stay as they are, dispatchers get no directive. */
  readonly scalers: number;
  /** What the scaler does with the spill gate: decide, or keep it as it is told here. */
  readonly spill: 'auto' | 'open' | 'shut';
  /** Between two decisions of the scaler. */
  readonly tickMs: number;
  /** Variables for all programs: how to log in to the brokers, limits. */
  readonly environment: Variables;
  /** Variables that only one kind of program knows: objectives, say; the others would refuse them. */
  readonly ownEnvironment: Readonly<Partial<Record<ProgramFolder, Variables>>>;
  readonly keeper: Keeper;
  readonly clock: Clock;
  readonly random: Random;
  readonly onLog: (program: string, line: LogLine) => void;
  readonly report: (report: SupervisionReport) => void;
}
