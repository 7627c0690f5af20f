import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { ClusterRefusal } from '../../support/kubernetes/cluster-client.ts';
import { ContainerRun } from './container-run.ts';
import type { RestartPolicy } from './container-run.ts';
import { podPath } from './pod-context.ts';
import type { KubeletTools, PodContext } from './pod-context.ts';
import { PodConditions, podStatus } from './pod-status.ts';
import type { PodPhase } from './pod-status.ts';
import { makeVolumes } from './volumes.ts';

const graceSecondsDefault = 30;
const retryMs = 500;

/**
 * One pod from its binding to its end: volumes, init containers one after another, containers, and at
 * its deletion the signals, the grace and the removal of the object.
 */
export class PodRunner {
  readonly uid: string;
  readonly node: string;
  readonly #context: PodContext;
  readonly #conditions = new PodConditions();
  readonly #startedAtMs = systemClock.nowMs();
  readonly #ending = new AbortController();
  readonly #initRuns: ContainerRun[] = [];
  readonly #running: Promise<void>;
  #runs: readonly ContainerRun[] = [];
  #phase: PodPhase = 'Pending';
  #isInitialized = false;
  #message = '';
  #isWriting = false;
  #isChanged = false;
  #isTerminating = false;
  #isSwitchedOff = false;

  constructor(tools: KubeletTools, pod: V1Pod, ip: string) {
    this.uid = pod.metadata?.uid ?? '';
    this.node = pod.spec?.nodeName ?? '';
    const folder = join(tools.folder, this.uid);
    mkdirSync(folder, { recursive: true });
    const namespace = pod.metadata?.namespace ?? '';
    this.#context = { tools, pod, namespace, name: pod.metadata?.name ?? '', ip, folder };
    this.#running = this.#run();
  }

  /** The pod's object is being deleted: ends its containers, then removes the object. Idempotent. */
  terminate(deleted: V1Pod): void {
    if (this.#isTerminating) return;
    this.#isTerminating = true;
    void this.#terminate(deleted.metadata?.deletionGracePeriodSeconds ?? graceSecondsDefault);
  }

  /** Ends all at once: the object or the machine is gone. */
  async kill(): Promise<void> {
    this.#isSwitchedOff = true;
    this.#ending.abort();
    await Promise.all([...this.#initRuns, ...this.#runs].map((run) => run.stop(0)));
    await this.#running;
    rmSync(this.#context.folder, { recursive: true, force: true });
  }

  async #run(): Promise<void> {
    this.#changed();
    const volumes = await this.#volumes();
    if (volumes === null || !(await this.#initialize(volumes))) return;
    const { containers = [] } = this.#context.pod.spec ?? {};
    this.#phase = 'Running';
    this.#runs = containers.map(
      (container) =>
        new ContainerRun({
          context: this.#context,
          container,
          volumes,
          restartPolicy: this.#restartPolicy(),
          onChange: () => this.#changed(),
        }),
    );
    const ends = await Promise.all(this.#runs.map(({ finished }) => finished));
    if (this.#ending.signal.aborted) return;
    this.#phase = ends.every((end) => end?.exitCode === 0) ? 'Succeeded' : 'Failed';
    this.#changed();
  }

  /** `null`: the pod ended before they were there. */
  async #volumes(): Promise<ReadonlyMap<string, string> | null> {
    while (!this.#ending.signal.aborted) {
      try {
        const volumes = await makeVolumes(this.#context);
        this.#message = '';
        return volumes;
      } catch (error) {
        this.#message = error instanceof Error ? error.message : String(error);
        this.#changed();
        await systemClock.sleepMs(retryMs, this.#ending.signal);
      }
    }
    return null;
  }

  async #initialize(volumes: ReadonlyMap<string, string>): Promise<boolean> {
    for (const container of this.#context.pod.spec?.initContainers ?? []) {
      if (this.#ending.signal.aborted) return false;
      const run = new ContainerRun({
        context: this.#context,
        container,
        volumes,
        restartPolicy: this.#restartPolicy() === 'Never' ? 'Never' : 'OnFailure',
        onChange: () => this.#changed(),
      });
      this.#initRuns.push(run);
      const end = await run.finished;
      if (this.#ending.signal.aborted) return false;
      if (end?.exitCode !== 0) {
        this.#phase = 'Failed';
        this.#changed();
        return false;
      }
    }
    this.#isInitialized = true;
    return !this.#ending.signal.aborted;
  }

  async #terminate(graceSeconds: number): Promise<void> {
    this.#ending.abort();
    await Promise.all(
      [...this.#initRuns, ...this.#runs].map((run) => run.stop(graceSeconds * 1000)),
    );
    await this.#running;
    this.#changed();
    await this.#removeObject();
    rmSync(this.#context.folder, { recursive: true, force: true });
  }

  /** As a kubelet does once nothing of the pod runs; again until it is done or another one's. */
  async #removeObject(): Promise<void> {
    const { client } = this.#context.tools;
    const body = { gracePeriodSeconds: 0, preconditions: { uid: this.uid } };
    for (;;) {
      try {
        await client.remove(podPath(this.#context), body);
        return;
      } catch (error) {
        if (error instanceof ClusterRefusal && error.status === 409) return;
        if (this.#isSwitchedOff) return;
        await systemClock.sleepMs(retryMs);
      }
    }
  }

  #restartPolicy(): RestartPolicy {
    const wanted = this.#context.pod.spec?.restartPolicy;
    return wanted === 'Never' || wanted === 'OnFailure' ? wanted : 'Always';
  }

  /** Writes the status, one write at a time, the newest last. */
  #changed(): void {
    this.#isChanged = true;
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#isChanged) {
      this.#isChanged = false;
      try {
        await this.#context.tools.client.merge(`${podPath(this.#context)}/status`, {
          metadata: { uid: this.uid },
          status: podStatus(
            {
              phase: this.#phase,
              ip: this.#context.ip,
              startedAtMs: this.#startedAtMs,
              isInitialized: this.#isInitialized,
              initRuns: this.#initRuns,
              runs: this.#runs,
              message: this.#message,
            },
            this.#conditions,
            systemClock.nowMs(),
          ),
        });
      } catch (error) {
        // A pod that is gone, or another one of its name, has no status of ours.
        const isGone = error instanceof ClusterRefusal && [404, 409].includes(error.status);
        if (isGone || this.#isSwitchedOff) break;
        this.#isChanged = true;
        await systemClock.sleepMs(retryMs);
      }
    }
    this.#isWriting = false;
  }
}
