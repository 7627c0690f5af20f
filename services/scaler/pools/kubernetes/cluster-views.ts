import type { Known } from '../../../policy/scaling/observation.ts';
import type {
  KubernetesClusters,
  KubernetesObject,
  ReflectOptions,
  Reflection,
} from '../../../shared/kubernetes/ports.ts';

/**
 * A copy may be without proof for as long as the server's bookmarks (about one a minute) and the
 * search for a dead watch (90 s) take; with a known problem only for as long as a few attempts.
 */
const staleMsMax = 120_000;
const staleWithProblemMsMax = 30_000;

/** What is watched of all clusters, each kind of object once, whoever asks for it. */
export interface ClusterViews {
  /** Only before `start`. */
  view(context: string | null, options: ReflectOptions): ClusterView;
  start(): void;
  stop(): Promise<void>;
}

export interface ClusterView {
  objects(): Known<readonly KubernetesObject[]>;
}

export function clusterViews(clusters: KubernetesClusters): ClusterViews {
  const reflections = new Map<string, Reflection>();
  return {
    view(context, options) {
      const key = JSON.stringify([context, options.type, options.labelSelector]);
      const reflection = reflections.get(key) ?? clusters.cluster(context).reflect(options);
      reflections.set(key, reflection);
      return { objects: () => fresh(reflection, options) };
    },
    start() {
      for (const reflection of reflections.values()) reflection.start();
    },
    async stop() {
      await Promise.all([...reflections.values()].map((reflection) => reflection.stop()));
    },
  };
}

function fresh(
  reflection: Reflection,
  { type }: ReflectOptions,
): Known<readonly KubernetesObject[]> {
  const staleMs = reflection.staleMs();
  const problem = reflection.problem();
  const limitMs = problem === null ? staleMsMax : staleWithProblemMsMax;
  if (staleMs <= limitMs) return { kind: 'known', value: reflection.objects() };
  const since = Number.isFinite(staleMs) ? `for ${Math.round(staleMs / 1000)} s` : 'yet';
  const why = problem === null ? '' : `: ${problem}`;
  return { kind: 'unknown', cause: `no word of ${type.plural} has come ${since}${why}` };
}
