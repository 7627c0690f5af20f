import type { Pause } from '../../../shared/chunk/operator.ts';
import type { KubernetesObject } from '../../../shared/kubernetes/ports.ts';

const prefix = 'autoscaling.keda.sh/';

/**
 * What KEDA's annotations on a pool's object say, read as KEDA reads them on a ScaledObject: a number
 * in `paused-replicas` wins over all, anything but `false` pauses. A number that is none holds the
 * pool as it is, since somebody wanted it to stand still.
 */
export function pauseOf({ metadata }: KubernetesObject): Pause | null {
  const said = (word: string): string | undefined => metadata.annotations?.[`${prefix}${word}`];
  const isSet = (word: string): boolean => {
    const value = said(word)?.trim().toLowerCase();
    return value !== undefined && !['false', 'f', '0'].includes(value);
  };
  const replicas = said('paused-replicas');
  if (replicas !== undefined) {
    const nodes = /^\d{1,6}$/.test(replicas.trim()) ? Number(replicas) : null;
    return { scaleIn: true, scaleOut: true, nodes };
  }
  const isPaused = isSet('paused');
  const scaleIn = isPaused || isSet('paused-scale-in');
  const scaleOut = isPaused || isSet('paused-scale-out');
  return scaleIn || scaleOut ? { scaleIn, scaleOut, nodes: null } : null;
}
