import type { ResourceType, ScaleTarget } from '../../../shared/kubernetes/ports.ts';

/** What is known by itself of a kind of object that sizes a pool. */
export interface Flavour {
  readonly group: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** Label of its nodes, with the object's name as value; `null`: nodes carry none. */
  readonly nodeLabel: string | null;
  readonly claims: ClaimType;
  /** Annotation of claims that are to go first when the size falls; `null`: its controller chooses. */
  readonly deleteMark: string | null;
}

/** Objects that each stand for one machine, from its order to its end. */
export interface ClaimType {
  readonly kind: 'node-claim' | 'machine';
  readonly plural: string;
  /** Label with the name of the pool's object as value. */
  readonly label: string;
}

/**
 * Karpenter: pkg/apis/v1/{nodepool,labels}.go; its static pools let unlaunched claims go first, then
 * empty nodes (pkg/controllers/static/deprovisioning). Cluster API: api/core/v1beta2/machine_types.go,
 * marks in machineset_delete_policy.go. OpenShift: machine-api-operator, pkg/controller/machineset.
 * All read 2026-11-22.
 */
const flavours: readonly Flavour[] = [
  {
    group: 'karpenter.sh',
    plural: 'nodepools',
    isNamespaced: false,
    nodeLabel: 'karpenter.sh/nodepool',
    claims: { kind: 'node-claim', plural: 'nodeclaims', label: 'karpenter.sh/nodepool' },
    deleteMark: null,
  },
  {
    group: 'cluster.x-k8s.io',
    plural: 'machinedeployments',
    isNamespaced: true,
    nodeLabel: null,
    claims: { kind: 'machine', plural: 'machines', label: 'cluster.x-k8s.io/deployment-name' },
    deleteMark: 'cluster.x-k8s.io/delete-machine',
  },
  {
    group: 'cluster.x-k8s.io',
    plural: 'machinepools',
    isNamespaced: true,
    nodeLabel: null,
    claims: { kind: 'machine', plural: 'machines', label: 'cluster.x-k8s.io/pool-name' },
    deleteMark: 'cluster.x-k8s.io/delete-machine',
  },
  {
    group: 'machine.openshift.io',
    plural: 'machinesets',
    isNamespaced: true,
    nodeLabel: null,
    claims: {
      kind: 'machine',
      plural: 'machines',
      label: 'machine.openshift.io/cluster-api-machineset',
    },
    deleteMark: 'machine.openshift.io/delete-machine',
  },
];

/** `null`: only what the settings say is known of it. */
export function flavourOf({ group, plural }: ResourceType): Flavour | null {
  return flavours.find((each) => each.group === group && each.plural === plural) ?? null;
}

/** Where the claims of a pool's object are; they are told apart by their label. */
export function claimsOf(target: ScaleTarget, { claims }: Flavour): ResourceType {
  const { group, version, namespace } = target;
  return { group, version, plural: claims.plural, namespace };
}
