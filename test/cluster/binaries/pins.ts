/** One program that is built from its Go module. */
export interface PinnedBinary {
  readonly name: string;
  /** The Go package that `go build` is given. */
  readonly package: string;
  /** Measured on two cores with an empty build cache; what is left is told from it. */
  readonly secondsExpected: number;
}

/** Programs of one Go module: `modules/<name>` holds its go.mod, go.sum and tools.go. */
export interface BinaryGroup {
  readonly name: string;
  /** Of the module that the wrapper requires. */
  readonly version: string;
  /** `-X` settings: without them programs call themselves v0.0.0, which clients believe. */
  readonly stamps: Readonly<Record<string, string>>;
  readonly binaries: readonly PinnedBinary[];
}

const kubernetesVersion = '1.36.3';
const kubernetesStamp = 'k8s.io/component-base/version';
const kedaVersion = '2.21.0';
const kedaModule = 'github.com/kedacore/keda/v2';

/** What is built, smallest first, so that a part is of use while the rest is at work. */
export const binaryGroups: readonly BinaryGroup[] = [
  {
    name: 'etcd',
    version: '3.6.16',
    stamps: {},
    binaries: [{ name: 'etcd', package: 'go.etcd.io/etcd/server/v3', secondsExpected: 68 }],
  },
  {
    name: 'kubernetes',
    version: kubernetesVersion,
    stamps: {
      [`${kubernetesStamp}.gitVersion`]: `v${kubernetesVersion}`,
      [`${kubernetesStamp}.gitMajor`]: '1',
      [`${kubernetesStamp}.gitMinor`]: '36',
      [`${kubernetesStamp}.gitTreeState`]: 'clean',
    },
    binaries: [
      {
        name: 'kube-apiserver',
        package: 'k8s.io/kubernetes/cmd/kube-apiserver',
        secondsExpected: 281,
      },
      {
        name: 'kube-controller-manager',
        package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
        secondsExpected: 61,
      },
      {
        name: 'kube-scheduler',
        package: 'k8s.io/kubernetes/cmd/kube-scheduler',
        secondsExpected: 5,
      },
      { name: 'kubectl', package: 'k8s.io/kubernetes/cmd/kubectl', secondsExpected: 25 },
    ],
  },
  {
    name: 'kubeconform',
    version: '0.8.0',
    stamps: {},
    binaries: [
      {
        name: 'kubeconform',
        package: 'github.com/yannh/kubeconform/cmd/kubeconform',
        secondsExpected: 34,
      },
    ],
  },
  {
    name: 'helm',
    version: '3.22.0',
    stamps: { 'helm.sh/helm/v3/internal/version.version': 'v3.22.0' },
    binaries: [{ name: 'helm', package: 'helm.sh/helm/v3/cmd/helm', secondsExpected: 142 }],
  },
  {
    name: 'kwok',
    version: '0.8.0',
    stamps: { 'sigs.k8s.io/kwok/pkg/consts.Version': 'v0.8.0' },
    binaries: [{ name: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', secondsExpected: 156 }],
  },
  {
    name: 'compose',
    version: '5.5.1',
    stamps: { 'github.com/docker/compose/v5/internal.Version': 'v5.5.1' },
    binaries: [
      { name: 'docker-compose', package: 'github.com/docker/compose/v5/cmd', secondsExpected: 110 },
    ],
  },
  {
    name: 'karpenter',
    version: '1.14.0',
    stamps: {},
    binaries: [
      { name: 'karpenter-kwok', package: 'sigs.k8s.io/karpenter/kwok', secondsExpected: 217 },
    ],
  },
  {
    name: 'keda',
    version: kedaVersion,
    stamps: { [`${kedaModule}/version.Version`]: kedaVersion },
    binaries: [
      { name: 'keda-operator', package: `${kedaModule}/cmd/operator`, secondsExpected: 606 },
      { name: 'keda-adapter', package: `${kedaModule}/cmd/adapter`, secondsExpected: 84 },
      { name: 'keda-webhooks', package: `${kedaModule}/cmd/webhooks`, secondsExpected: 3 },
    ],
  },
];
