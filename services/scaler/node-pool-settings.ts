import { z } from 'zod';
import type { PoolSettings } from '../policy/scaling/settings.ts';
import { group } from '../shared/process/environment.ts';
import { optional, text } from '../shared/process/setting.ts';
import { parseJsonList } from './json-list.ts';
import { flavourOf } from './pools/kubernetes/flavours.ts';
import type { KubernetesPool, WorkerPods } from './pools/kubernetes/kubernetes-pool.ts';
import { nameOfTarget } from './pools/kubernetes/sized-object.ts';

const name = 'SPILLWAY_POOLS';
const agentName = 'SPILLWAY_POOLS_AGENT';
const secondMs = 1000;
/** A node that takes longer does not come. */
const bootSecondsMax = 7200;

const nodes = z.int().min(0).max(10_000);

/** Names of Kubernetes: what a path, a label or an annotation takes. */
const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
const labelKey = z
  .string()
  .regex(
    /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  );
const labelValue = z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/);
const context = z.string().min(1).max(253);

const scaleShape = z.strictObject({
  group: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/),
  version: z.string().regex(/^v[0-9]+((alpha|beta)[0-9]+)?$/),
  plural: z.string().regex(/^[a-z][a-z0-9]{0,62}$/),
  namespace: objectName.optional(),
  name: objectName,
  context: context.optional(),
  nodesContext: context.nullable().optional(),
});

const gpuShape = z.union([
  z.strictObject({ resource: labelKey }),
  z.strictObject({ driver: objectName }),
]);

/** Unknown keys are refused: a misspelt limit would be no limit. */
const poolShape = z.strictObject({
  pool: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  nodesMin: nodes,
  nodesMax: nodes,
  pricePerHour: z.number().min(0).max(1_000_000),
  slotsPerNode: z.int().min(1).max(1024),
  bootSeconds: z.number().min(0.1).max(bootSecondsMax),
  slotSpeed: z.number().min(0.001).max(100_000),
  workersPerNode: z.int().min(1).max(1024).default(1),
  launchSeconds: z.number().min(0.1).max(bootSecondsMax).optional(),
  scale: scaleShape.optional(),
  nodeLabels: z.record(labelKey, labelValue).optional(),
  gpu: gpuShape.optional(),
  toleratedTaints: z.array(labelKey).max(100).optional(),
  drainSeconds: z.number().min(0).max(86_400).optional(),
});
type GivenPool = z.infer<typeof poolShape>;

const launchSecondsDefault = 120;
/** Longer than a chunk takes, KEDA's look and a worker's grace period together. */
const drainSecondsDefault = 300;
const nvidia = 'nvidia.com/gpu';

/** Keys that mean something only where Kubernetes holds the nodes. */
const kubernetesKeys = ['nodeLabels', 'gpu', 'toleratedTaints', 'drainSeconds'] as const;

/** The pools that the scaler sizes, in order of preference, and who holds their nodes. */
export const nodePoolSettings = group(
  {
    json: text(name, {
      purpose:
        'The node pools to size, in order of preference, as a JSON list of objects: pool (its name), ' +
        'nodesMin, nodesMax, pricePerHour (only ratios matter), slotsPerNode (chunks computed at a ' +
        'time on one node), workersPerNode (1), until they were measured bootSeconds (from the order ' +
        'to a loaded worker), launchSeconds (120, at most bootSeconds; from the order to a machine, longer means that ' +
        'there is none) and slotSpeed (seconds of video per second of one slot); and where Kubernetes holds ' +
        'the nodes scale (group, version, plural, namespace, name, context, nodesContext: the object ' +
        'that sizes them), nodeLabels (which are its), gpu ({"resource":"nvidia.com/gpu"} or ' +
        '{"driver":…}), toleratedTaints (["nvidia.com/gpu"]) and drainSeconds (300; how long a node ' +
        'waits for its workers to leave).',
      accepts: 'a JSON list of pools such as [{"pool":"gpu","nodesMin":0,"nodesMax":4, …}]',
      pattern: /^\s*\[[\s\S]*\]\s*$/,
      default: '[]',
    }),
    agent: optional(
      text(agentName, {
        purpose:
          'Where the agent that holds the nodes of this machine, those without scale, listens.',
        accepts: 'an address such as http://127.0.0.1:41234',
        pattern: /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}\/?$/,
      }),
    ),
    podSelector: text('SPILLWAY_WORKER_PODS_SELECTOR', {
      purpose:
        'Labels of the pods that are GPU workers: a node that is to go waits until they have left it.',
      accepts: 'a label selector such as app.kubernetes.io/component=gpu-worker',
      pattern: /^[-A-Za-z0-9_./=!, ()]{1,1000}$/,
      default: 'app.kubernetes.io/component=gpu-worker',
    }),
    podNamespace: optional(
      text('SPILLWAY_WORKER_PODS_NAMESPACE', {
        purpose:
          'Namespace of these pods. Not set, all namespaces are watched, which takes the right.',
        accepts: 'the name of a namespace',
        pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
      }),
    ),
  },
  ({ json, agent, podSelector, podNamespace }, report): NodePoolsConfig => {
    const given = parseJsonList(json, { name, shape: poolShape, report });
    for (const [index, pool] of given.entries()) {
      const complain = (problem: string): void => report(`${name}[${index}]: ${problem}.`);
      for (const problem of problemsOf(pool, given.slice(0, index))) complain(problem);
    }
    const ofAgent = given.filter(({ scale }) => scale === undefined).map(({ pool }) => pool);
    if (ofAgent.length > 0 && agent === null) {
      report(
        `${name} lists ${ofAgent.join(', ')} without scale; ${agentName}, whose nodes they would ` +
          'be, is not set.',
      );
    }
    return {
      pools: given.map(policySettings),
      agent: ofAgent.length === 0 || agent === null ? null : { address: agent, pools: ofAgent },
      kubernetes: {
        pools: given.flatMap((pool) => kubernetesPool(pool) ?? []),
        workerPods: { labelSelector: podSelector, namespace: podNamespace },
      },
    };
  },
);

export interface NodePoolsConfig {
  /** All of them, in order of preference. */
  readonly pools: readonly PoolSettings[];
  /** Those that the agent of this machine holds; `null`: there are none. */
  readonly agent: { readonly address: string; readonly pools: readonly string[] } | null;
  readonly kubernetes: {
    readonly pools: readonly KubernetesPool[];
    readonly workerPods: WorkerPods;
  };
}

function problemsOf(given: GivenPool, before: readonly GivenPool[]): readonly string[] {
  const { pool, nodesMin, nodesMax, launchSeconds, bootSeconds, scale } = given;
  const problems: string[] = [];
  if (nodesMin > nodesMax) problems.push(`nodesMin is ${nodesMin}, more than nodesMax ${nodesMax}`);
  if (before.some((other) => other.pool === pool)) {
    problems.push(`there is a pool ${pool} before it; each name stands once`);
  }
  if (launchSeconds !== undefined && launchSeconds > bootSeconds) {
    problems.push(`launchSeconds is ${launchSeconds}, more than bootSeconds ${bootSeconds}`);
  }
  if (scale === undefined) {
    const idle = kubernetesKeys.filter((key) => given[key] !== undefined);
    return [...problems, ...idle.map((key) => `${key} means nothing without scale`)];
  }
  const same = before.find((other) => other.scale && placeOf(other.scale) === placeOf(scale));
  if (same !== undefined)
    problems.push(`its scale is that of ${same.pool}; each object stands once`);
  return [...problems, ...problemsOfScale(given, scale)];
}

type GivenScale = NonNullable<GivenPool['scale']>;

function problemsOfScale({ nodeLabels }: GivenPool, scale: GivenScale): readonly string[] {
  const target = targetOf(scale);
  const flavour = flavourOf(target);
  const type = `${scale.plural}.${scale.group}`;
  if (flavour === null) {
    const isBare = Object.keys(nodeLabels ?? {}).length === 0;
    return isBare
      ? [`nodeLabels is missing; which nodes ${type} makes is not known by itself`]
      : [];
  }
  const problems: string[] = [];
  if (flavour.isNamespaced && target.namespace === null) {
    problems.push(`scale.namespace is missing; ${type} stand in one`);
  }
  if (!flavour.isNamespaced && target.namespace !== null) {
    problems.push(`scale.namespace is ${target.namespace}; ${type} stand in none`);
  }
  if (target.name.length > 63) {
    problems.push(
      'scale.name has more than 63 characters, which no label of its machines can hold',
    );
  }
  return problems;
}

function targetOf({ group: apiGroup, version, plural, namespace, name: object }: GivenScale) {
  return { group: apiGroup, version, plural, namespace: namespace ?? null, name: object };
}

/** The version does not tell two objects apart. */
const placeOf = (scale: GivenScale): string =>
  `${scale.context ?? ''} ${nameOfTarget(targetOf(scale))}`;

function policySettings(given: GivenPool): PoolSettings {
  const { pool, nodesMin, nodesMax, pricePerHour, slotsPerNode, workersPerNode } = given;
  return {
    pool,
    nodesMin,
    nodesMax,
    pricePerHour,
    slotsPerNode,
    workersPerNode,
    bootMsPrior: given.bootSeconds * secondMs,
    launchMsPrior:
      (given.launchSeconds ?? Math.min(launchSecondsDefault, given.bootSeconds)) * secondMs,
    slotSpeedPrior: given.slotSpeed,
  };
}

function kubernetesPool(given: GivenPool): KubernetesPool | null {
  const { pool, scale, nodeLabels = {}, gpu = { resource: nvidia } } = given;
  const { toleratedTaints = [nvidia], drainSeconds = drainSecondsDefault } = given;
  if (scale === undefined) return null;
  const target = targetOf(scale);
  const known = flavourOf(target)?.nodeLabel ?? null;
  const isGiven = Object.keys(nodeLabels).length > 0;
  const holder = scale.context ?? null;
  return {
    pool,
    target,
    context: holder,
    nodesContext: scale.nodesContext === undefined ? holder : scale.nodesContext,
    nodeLabels: isGiven || known === null ? nodeLabels : { [known]: target.name },
    gpu:
      'driver' in gpu
        ? { kind: 'driver', driver: gpu.driver }
        : { kind: 'resource', resource: gpu.resource },
    toleratedTaints,
    drainMs: drainSeconds * secondMs,
  };
}
