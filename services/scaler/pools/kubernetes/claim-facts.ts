import type { KubernetesObject } from '../../../shared/kubernetes/ports.ts';
import type { ClaimType } from './flavours.ts';
import { at, listAt, textAt } from './json-path.ts';
import type { Condition } from './node-facts.ts';
import { conditionOf, timeOf } from './node-facts.ts';
import { launchProblem, poolProblem } from './problem-words.ts';

/** Something that has happened; the time is `null` where nobody wrote it down. */
export interface Moment {
  readonly atMs: number | null;
}

/** One machine that was ordered: a NodeClaim of Karpenter, a Machine of Cluster API or OpenShift. */
export interface ClaimFacts {
  readonly name: string;
  readonly uid: string;
  readonly createdAtMs: number | null;
  readonly isDeleted: boolean;
  /** The cloud has given a machine. */
  readonly launched: Moment | null;
  /** It has joined as a node. */
  readonly registered: Moment | null;
  readonly node: string | null;
  readonly providerId: string | null;
  /** Why the cloud gives none, in its controller's words. */
  readonly problem: string | null;
  readonly annotations: Readonly<Record<string, string>>;
}

export function claimFacts(object: KubernetesObject, kind: ClaimType['kind']): ClaimFacts {
  const { metadata } = object;
  return {
    name: metadata.name,
    uid: metadata.uid ?? metadata.name,
    createdAtMs: timeOf(metadata.creationTimestamp),
    isDeleted: metadata.deletionTimestamp !== undefined,
    annotations: metadata.annotations ?? {},
    ...(kind === 'node-claim' ? ofNodeClaim(object) : ofMachine(object)),
  };
}

type OfKind = Pick<ClaimFacts, 'launched' | 'registered' | 'node' | 'providerId' | 'problem'>;

function ofNodeClaim({ status }: KubernetesObject): OfKind {
  const conditions = listAt(status, 'conditions');
  const launched = conditionOf(conditions, 'Launched');
  const node = textAt(status, 'nodeName');
  return {
    launched: momentOf(launched),
    registered:
      momentOf(conditionOf(conditions, 'Registered')) ?? (node === null ? null : { atMs: null }),
    node,
    providerId: textAt(status, 'providerID'),
    problem: launchProblem(launched),
  };
}

/** Versions v1beta1 and v1beta2 of Cluster API, and the Machine of OpenShift. */
function ofMachine({ spec, status }: KubernetesObject): OfKind {
  const conditions = listAt(status, 'conditions');
  const infrastructure = conditionOf(conditions, 'InfrastructureReady');
  const exists = conditionOf(conditions, 'InstanceExists');
  const phase = textAt(status, 'phase');
  const isThere =
    at(status, 'infrastructureReady') === true ||
    at(status, 'initialization', 'infrastructureProvisioned') === true ||
    phase === 'Provisioned' ||
    phase === 'Running';
  const node = textAt(status, 'nodeRef', 'name');
  return {
    launched: momentOf(infrastructure) ?? momentOf(exists) ?? (isThere ? { atMs: null } : null),
    registered: node === null ? null : { atMs: null },
    node,
    providerId: textAt(spec, 'providerID'),
    problem: failureOf(status) ?? launchProblem(infrastructure ?? exists),
  };
}

function failureOf(status: unknown): string | null {
  const old = at(status, 'deprecated', 'v1beta1');
  const reason =
    textAt(status, 'failureReason') ??
    textAt(old, 'failureReason') ??
    textAt(status, 'errorReason');
  const message =
    textAt(status, 'failureMessage') ??
    textAt(old, 'failureMessage') ??
    textAt(status, 'errorMessage');
  if (reason !== null || message !== null) return [reason, message].filter(Boolean).join(': ');
  return textAt(status, 'phase') === 'Failed' ? 'its machine has failed' : null;
}

const momentOf = (condition: Condition | null): Moment | null =>
  condition?.status === 'True' ? { atMs: condition.sinceAtMs } : null;

/** Names of nodes that a MachinePool lists itself, where its provider makes no Machines. */
export function listedNodes({ status }: KubernetesObject): readonly string[] {
  return listAt(status, 'nodeRefs').flatMap((reference) => textAt(reference, 'name') ?? []);
}

/** What the pool's own object says is in its way. */
export function problemOfPool({ status }: KubernetesObject): string | null {
  return failureOf(status) ?? poolProblem(listAt(status, 'conditions'));
}
