import { KubernetesError } from '../../../shared/kubernetes/ports.ts';
import type { KubernetesApi, Scale, ScaleTarget } from '../../../shared/kubernetes/ports.ts';

/**
 * One object whose size is written by compare-and-set on the version that was read for the decision:
 * whoever else wrote it since then, another scaler above all, makes the write fail.
 */
export interface SizedObject {
  /** @throws KubernetesError; then nothing may be written until it was read. */
  read(): Promise<Scale>;
  /**
   * Writes nothing where the size is that already.
   * @throws KubernetesError: `conflict` if it was not read since it was last written or failed.
   *   After `unreachable` it may have been written.
   */
  write(replicas: number): Promise<'written' | 'equal'>;
  /** As last read or written; `null`: not known. */
  size(): number | null;
}

export function sizedObject(api: KubernetesApi, target: ScaleTarget): SizedObject {
  let seen: Scale | null = null;
  return {
    async read() {
      seen = null;
      seen = await api.readScale(target);
      return seen;
    },
    async write(replicas) {
      const before = seen;
      if (before === null) {
        throw new KubernetesError('conflict', `${nameOfTarget(target)} is to be read first`);
      }
      if (before.replicasDesired === replicas) return 'equal';
      seen = null;
      const { resourceVersion } = before;
      seen = await api.writeScale(target, { replicas, resourceVersion });
      return 'written';
    },
    size: () => seen?.replicasDesired ?? null,
  };
}

/** `machinedeployments.cluster.x-k8s.io gpu in namespace capi`. */
export function nameOfTarget({ group, plural, namespace, name }: ScaleTarget): string {
  const type = group === '' ? plural : `${plural}.${group}`;
  return `${type} ${name}${namespace === null ? '' : ` in namespace ${namespace}`}`;
}
