import { describeExit, Program, type ProgramExit, type ProgramOptions } from './program.ts';
import { decideRestart } from './restart-policy.ts';

export type SupervisionReport =
  | {
      readonly kind: 'started';
      readonly name: string;
      readonly pid: number | null;
      readonly run: number;
    }
  | {
      readonly kind: 'restarting';
      readonly name: string;
      readonly exit: ProgramExit;
      readonly delayMs: number;
      readonly failures: number;
      readonly lastLines: string;
    }
  | {
      readonly kind: 'gave-up';
      readonly name: string;
      readonly exit: ProgramExit;
      readonly reason: string;
      readonly lastLines: string;
    };

/** The report as one line without a line end. */
export function describeSupervisionReport(report: SupervisionReport): string {
  switch (report.kind) {
    case 'started':
      return `${report.name} started as process ${report.pid ?? 'none'} (run ${report.run})`;
    case 'restarting':
      return (
        `${report.name} ended by itself (${describeExit(report.exit)}), ` +
        `failure ${report.failures} in a row; starting it again in ${report.delayMs} ms; ` +
        `its last lines: ${report.lastLines}`
      );
    case 'gave-up':
      return (
        `${report.name} ended (${describeExit(report.exit)}) and is not started again: ` +
        `${report.reason}; its last lines: ${report.lastLines}`
      );
  }
}

export interface SupervisedProgramOptions extends ProgramOptions {
  readonly report: (report: SupervisionReport) => void;
}

/** Keeps one of our programs running until it is told to stop. */
export class SupervisedProgram {
  readonly name: string;
  /** Resolves when no run will follow: after `stop`, or when a restart would be of no use. */
  readonly ended: Promise<void>;
  readonly #options: SupervisedProgramOptions;
  readonly #stopping = new AbortController();
  #program: Program;
  #run = 0;

  constructor(options: SupervisedProgramOptions) {
    this.name = options.name;
    this.#options = options;
    this.#program = this.#start();
    this.ended = this.#keepRunning();
  }

  /** The present run, or the last one while none is running. */
  get program(): Program {
    return this.#program;
  }

  /** SIGTERM, SIGKILL after `graceMs`, and no start again. Idempotent. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#program.stop(graceMs);
    await this.ended;
  }

  #start(): Program {
    this.#run += 1;
    const program = new Program(this.#options);
    this.#options.report({ kind: 'started', name: this.name, pid: program.pid, run: this.#run });
    return program;
  }

  async #keepRunning(): Promise<void> {
    const { clock, report } = this.#options;
    let failuresBefore = 0;
    for (;;) {
      const startedAtMs = clock.monotonicMs();
      const program = this.#program;
      const exit = await program.exited;
      if (this.#stopping.signal.aborted) return;
      const ranMs = clock.monotonicMs() - startedAtMs;
      const decision = decideRestart({ exit, ranMs, failuresBefore });
      const facts = { name: this.name, exit, lastLines: program.lastLines() };
      if (decision.kind === 'give-up') {
        report({ kind: 'gave-up', ...facts, reason: decision.reason });
        return;
      }
      const { delayMs, failures } = decision;
      report({ kind: 'restarting', ...facts, delayMs, failures });
      failuresBefore = failures;
      await clock.sleepMs(delayMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      this.#program = this.#start();
    }
  }
}
