import type { V1Container } from '@kubernetes/client-node';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { startContainer } from './container-process.ts';
import type { ContainerEnd, ContainerProcess } from './container-process.ts';
import { watchHealth } from './health.ts';
import type { PodContext } from './pod-context.ts';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startedAtMs: number; readonly pid: number | null }
  | { readonly kind: 'ended'; readonly end: ContainerEnd };

export interface ContainerRunOptions {
  readonly context: PodContext;
  readonly container: V1Container;
  readonly volumes: ReadonlyMap<string, string>;
  readonly restartPolicy: RestartPolicy;
  readonly onChange: () => void;
}

/** As the kubelet's, but for its longest, which is five minutes. */
const backOffMsFirst = 10_000;
const backOffMsMax = 40_000;

/** One container of a pod through its restarts. */
export class ContainerRun {
  readonly container: V1Container;
  /** Resolves with its last end: when no start follows. */
  readonly finished: Promise<ContainerEnd | null>;
  state: ContainerState = { kind: 'waiting', reason: 'ContainerCreating', message: '' };
  lastEnd: ContainerEnd | null = null;
  restarts = 0;
  isStarted = false;
  isReady = false;
  readonly #options: ContainerRunOptions;
  readonly #stopping = new AbortController();
  #process: ContainerProcess | null = null;

  constructor(options: ContainerRunOptions) {
    this.container = options.container;
    this.#options = options;
    this.finished = this.#run();
  }

  /** SIGTERM, after `graceMs` SIGKILL, and no start again. Idempotent. */
  async stop(graceMs: number): Promise<void> {
    const isFirst = !this.#stopping.signal.aborted;
    this.#stopping.abort();
    if (isFirst && graceMs > 0) this.#process?.kill('SIGTERM');
    const cancel = systemClock.after(graceMs, () => this.#process?.kill('SIGKILL'));
    await this.finished;
    cancel();
  }

  async #run(): Promise<ContainerEnd | null> {
    const { signal } = this.#stopping;
    let end: ContainerEnd | null = null;
    while (!signal.aborted) {
      end = await this.#runOnce();
      if (signal.aborted || !this.#isToRestart(end)) break;
      this.restarts += end === null ? 0 : 1;
      this.lastEnd = end ?? this.lastEnd;
      const backOffMs = this.#backOffMs(end);
      if (end !== null && backOffMs > 0) {
        this.#change({
          kind: 'waiting',
          reason: 'CrashLoopBackOff',
          message: `starting it again in ${backOffMs} ms`,
        });
      }
      await systemClock.sleepMs(backOffMs, signal);
    }
    return end;
  }

  /** `null`: something that it needs is not there. */
  async #runOnce(): Promise<ContainerEnd | null> {
    const { context, container, volumes } = this.#options;
    let process: ContainerProcess;
    try {
      process = await startContainer(context, container, volumes);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#change({ kind: 'waiting', reason: 'CreateContainerConfigError', message });
      return null;
    }
    this.#process = process;
    if (this.#stopping.signal.aborted) process.kill('SIGKILL');
    const { startedAtMs } = process;
    this.#change({ kind: 'running', startedAtMs, pid: process.pid() });
    const watching = new AbortController();
    const health = watchHealth({
      place: { container, ip: context.ip },
      signal: watching.signal,
      onChange: ({ isStarted, isReady }) => {
        this.isStarted = isStarted;
        this.isReady = isReady;
        this.#change({ kind: 'running', startedAtMs, pid: process.pid() });
      },
      onDead: () => process.kill('SIGKILL'),
    });
    const end = await process.ended;
    watching.abort();
    this.#process = null;
    this.isStarted = false;
    this.isReady = false;
    this.#change({ kind: 'ended', end });
    await health;
    return end;
  }

  #isToRestart(end: ContainerEnd | null): boolean {
    if (end === null) return true;
    switch (this.#options.restartPolicy) {
      case 'Always':
        return true;
      case 'OnFailure':
        return end.exitCode !== 0;
      case 'Never':
        return false;
    }
  }

  /** The first restart comes at once. */
  #backOffMs(end: ContainerEnd | null): number {
    if (end === null) return 500;
    return this.restarts <= 1
      ? 0
      : Math.min(backOffMsFirst * 2 ** (this.restarts - 2), backOffMsMax);
  }

  #change(state: ContainerState): void {
    this.state = state;
    this.#options.onChange();
  }
}
