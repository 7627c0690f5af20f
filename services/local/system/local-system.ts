import { join } from 'node:path';
import { NodeAgent } from '../nodes/node-agent.ts';
import type { NodePlace, NodeProgram } from '../nodes/ports.ts';
import { SupervisedProgram } from '../processes/supervise.ts';
import { projectFolder } from '../project-folder.ts';
import { commonEnvironment, scalerEnvironment, workerEnvironment } from './program-environment.ts';
import type {
  LocalGpuOptions,
  LocalSystemOptions,
  ProgramFolder,
  Variables,
} from './system-options.ts';

/** The programs of one installation on this machine, kept running until `stop`. */
export interface LocalSystem {
  readonly dispatchers: readonly SupervisedProgram[];
  readonly scalers: readonly SupervisedProgram[];
  readonly cpuWorkers: readonly SupervisedProgram[];
  /** The GPU nodes, as they are to be watched; `null` without a pool. */
  readonly nodes: NodeAgent | null;
  /** Those that run at present, by node; nodes come and go. */
  gpuWorkers(): ReadonlyMap<string, SupervisedProgram>;
  /** Resolves with the name of a program that cannot be kept running; never, if all goes well. */
  readonly broken: Promise<string>;
  /**
   * Scalers first, so that nobody orders what is to go, then workers and nodes, and last the
   * dispatchers, so that what workers give back is still noted. Idempotent.
   */
  stop(): Promise<void>;
}

/** A little more than programs take to drain and to say good-bye. */
const stopGraceMs = 8000;
/** Each boot a little longer or shorter than the others, as in life. */
const bootSpreadFraction = 0.05;

type StartProgram = (folder: ProgramFolder, name: string, own: Variables) => SupervisedProgram;

export async function startLocalSystem(options: LocalSystemOptions): Promise<LocalSystem> {
  const { cpu, gpu } = options;
  let isStopping = false;
  let tellBroken: (name: string) => void = () => undefined;
  const broken = new Promise<string>((resolve) => {
    tellBroken = resolve;
  });
  const start: StartProgram = (folder, name, own) =>
    new SupervisedProgram({
      name,
      entryFile: join(projectFolder(), 'dist', 'services', folder, 'main.js'),
      environment: {
        ...commonEnvironment(options),
        ...own,
        ...options.ownEnvironment[folder],
      },
      keeper: options.keeper,
      clock: options.clock,
      onLog: (line) => options.onLog(name, line),
      report: options.report,
    });
  const startLasting: StartProgram = (folder, name, own) => {
    const program = start(folder, name, own);
    void program.ended.then(() => {
      if (!isStopping) tellBroken(name);
    });
    return program;
  };
  const gpuWorkers = new Map<string, SupervisedProgram>();
  const nodes =
    gpu === null
      ? null
      : await openNodes(gpu, { options, start, gpuWorkers, onBroken: tellBroken });
  const dispatchers = numbered(options.dispatchers, (number) =>
    startLasting('dispatcher', `dispatcher-${number}`, {}),
  );
  const place = { ...cpu, kind: 'cpu', pool: 'local', node: null } as const;
  const cpuWorkers = numbered(cpu.workers, (number) =>
    startLasting('worker', `cpu-worker-${number}`, workerEnvironment(options, place)),
  );
  const agent = nodes === null || gpu === null ? null : { url: nodes.url, gpu };
  const scalers = numbered(options.scalers, (number) =>
    startLasting('scaler', `scaler-${number}`, scalerEnvironment(options, agent)),
  );
  const stop = async (): Promise<void> => {
    isStopping = true;
    await stopAll(scalers);
    await Promise.all([stopAll(cpuWorkers), nodes?.close()]);
    await stopAll(dispatchers);
  };
  let stopping: Promise<void> | null = null;
  return {
    dispatchers,
    scalers,
    cpuWorkers,
    nodes,
    gpuWorkers: () => gpuWorkers,
    broken,
    stop: () => (stopping ??= stop()),
  };
}

const numbered = (
  count: number,
  start: (number: number) => SupervisedProgram,
): readonly SupervisedProgram[] => Array.from({ length: count }, (_, index) => start(index + 1));

async function stopAll(programs: readonly SupervisedProgram[]): Promise<void> {
  await Promise.all(programs.map((program) => program.stop(stopGraceMs)));
}

interface NodeTools {
  readonly options: LocalSystemOptions;
  readonly start: StartProgram;
  readonly gpuWorkers: Map<string, SupervisedProgram>;
  readonly onBroken: (node: string) => void;
}

function openNodes(gpu: LocalGpuOptions, tools: NodeTools): Promise<NodeAgent> {
  const { options, start, gpuWorkers, onBroken } = tools;
  const { clock, random } = options;
  const { pool, nodesMax, nodesAtStart, bootMs, slotsPerNode: slots, emulatedSpeed } = gpu;
  const startProgram = ({ node }: NodePlace): NodeProgram => {
    const place = { kind: 'gpu', pool, node, slots, emulatedSpeed } as const;
    const program = start('worker', node, workerEnvironment(options, place));
    gpuWorkers.set(node, program);
    return {
      ended: program.ended,
      stop: async () => {
        await program.stop(stopGraceMs);
        gpuWorkers.delete(node);
      },
    };
  };
  return NodeAgent.open({
    pools: [{ pool, nodesMax, nodesAtStart, bootMs, bootSpreadFraction }],
    clock,
    random,
    startProgram,
    onBroken,
  });
}
