import type { V1Pod } from '@kubernetes/client-node';
import { systemRandom } from '../../../services/shared/clock/system.ts';
import type { ClusterObject } from '../../support/kubernetes/cluster-client.ts';
import { Following } from '../../support/kubernetes/follow.ts';
import type { KubeletTools } from './pod-context.ts';
import { PodRunner } from './pod-runner.ts';

type BoundPod = V1Pod & ClusterObject;

/**
 * What nodes lack that only KWOK keeps: starts, for every pod bound to a node, the pod's own command as
 * a real process, reports what the process is, and ends it when the pod goes. One for all nodes. It
 * decides nothing else, and it never reports what no process has shown.
 */
export class Kubelet {
  readonly #tools: KubeletTools;
  readonly #runners = new Map<string, PodRunner>();
  readonly #pods: Following<BoundPod>;
  readonly #nodes: Following<ClusterObject>;
  /** Of loopback, so that several runs on one machine hardly ever meet. */
  readonly #network = `127.${Math.floor(64 + systemRandom.next() * 128)}`;
  #addresses = 0;

  constructor(tools: KubeletTools) {
    this.#tools = tools;
    this.#nodes = new Following({
      client: tools.client,
      path: '/api/v1/nodes',
      onChanged: () => undefined,
      onGone: ({ metadata }) => this.#switchedOff(metadata.name),
    });
    this.#pods = new Following<BoundPod>({
      client: tools.client,
      path: '/api/v1/pods',
      onChanged: (pod) => this.#changed(pod),
      onGone: (pod) => void this.#gone(pod.metadata.uid ?? ''),
    });
  }

  /** Ends all pods' processes at once. */
  async stop(): Promise<void> {
    await Promise.all([this.#pods.stop(), this.#nodes.stop()]);
    await Promise.all([...this.#runners.values()].map((runner) => runner.kill()));
  }

  #changed(pod: BoundPod): void {
    const uid = pod.metadata.uid ?? '';
    const runner = this.#runners.get(uid);
    if (pod.metadata.deletionTimestamp !== undefined) {
      runner?.terminate(pod);
      return;
    }
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (runner !== undefined || pod.spec?.nodeName === undefined || isOver) return;
    this.#runners.set(uid, new PodRunner(this.#tools, pod, this.#nextAddress()));
  }

  async #gone(uid: string): Promise<void> {
    const runner = this.#runners.get(uid);
    this.#runners.delete(uid);
    await runner?.kill();
  }

  /** The node's object is gone, and its machine with all that ran on it. */
  #switchedOff(node: string): void {
    for (const runner of this.#runners.values()) {
      if (runner.node === node) void runner.kill();
    }
  }

  #nextAddress(): string {
    this.#addresses += 1;
    return `${this.#network}.${Math.floor(this.#addresses / 250) + 1}.${(this.#addresses % 250) + 1}`;
  }
}
