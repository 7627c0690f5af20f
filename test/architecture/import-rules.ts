import type {
  IForbiddenRuleType,
  IReachabilityForbiddenRuleType,
  IRegularForbiddenRuleType,
} from 'dependency-cruiser';

/** The processes: each has a `main.ts`. `local` starts them by name and is not one of them. */
const processes = 'dispatcher|worker|scaler|cli|simulator';

/** Real adapters: they touch the machine or the network, and each has a twin for tests. */
const realAdapters = [
  '^services/shared/clock/system\\.ts$',
  '^services/shared/process/(node-host|pino-log)\\.ts$',
  '^services/shared/(kafka/kafkajs|kubernetes/api)/',
  '^services/shared/object-store/(file|s3)-store\\.ts$',
  '^services/worker/(executor|models)/(node-av|ffmpeg|onnx)[-./]',
  '^services/scaler/pools/local-agent\\.ts$',
];

/** What reaches Kafka, a cluster, a decoder or an inference engine. */
const clients = '(^|/)node_modules/(kafkajs|@kubernetes|node-av|@seydx|onnxruntime-[a-z]+)/';

/** A package and the only places that may import it, also by type. */
function packageOnlyIn(name: string, places: readonly string[]): IForbiddenRuleType {
  return {
    name: `${name}-only-in-its-place`,
    comment: `${name} stays behind the port of its folder.`,
    severity: 'error',
    from: { path: '^services/', pathNot: [...places] },
    to: { path: `(^|/)node_modules/${name}/` },
  };
}

type Sides =
  | Pick<IRegularForbiddenRuleType, 'from' | 'to'>
  | Pick<IReachabilityForbiddenRuleType, 'from' | 'to'>;

function forbid(name: string, comment: string, sides: Sides): IForbiddenRuleType {
  return { name, comment, severity: 'error', ...sides };
}

const layers: readonly IForbiddenRuleType[] = [
  forbid('chunk-imports-nothing', 'The words of the system depend on nothing.', {
    from: { path: '^services/shared/chunk/' },
    to: { pathNot: '^services/shared/chunk/' },
  }),
  forbid('policy-imports-only-chunk', 'The policy does no input or output and runs anywhere.', {
    from: { path: '^services/policy/' },
    to: { pathNot: '^services/(policy|shared/chunk)/' },
  }),
  forbid('shared-knows-ports-only', 'Libraries do not build on each other’s insides.', {
    from: { path: '^services/shared/([^/]+)/' },
    to: {
      path: '^services/',
      pathNot: [
        '^services/shared/(chunk|$1)/',
        '^services/shared/[^/]+/ports\\.ts$',
        '^services/shared/clock/broker-clock\\.ts$',
        '^services/shared/process/(secret|settings)\\.ts$',
      ],
    },
  }),
  forbid('processes-are-strangers', 'Processes meet on Kafka. The simulator may run their parts.', {
    from: { path: `^services/(${processes})/`, pathNot: '^services/simulator/' },
    to: { path: `^services/(${processes})/`, pathNot: '^services/$1/' },
  }),
  forbid('local-knows-libraries-only', 'It starts the processes as programs, by their path.', {
    from: { path: '^services/local/' },
    to: { path: '^services/', pathNot: '^services/(local|shared)/' },
  }),
  forbid('executor-knows-no-parent', 'A child knows its port and nothing of Kafka or lanes.', {
    from: { path: '^services/worker/(executor|models)/' },
    to: { path: '^services/worker/[^/]+\\.ts$' },
  }),
];

const adapters: readonly IForbiddenRuleType[] = [
  forbid('adapters-from-main-only', 'Only main.ts and its adapters.ts decide which is real.', {
    from: {
      path: '^services/',
      pathNot: ['/main\\.ts$', '/adapters\\.ts$', '^services/local/', ...realAdapters],
    },
    to: { path: realAdapters },
  }),
  forbid('ports-speak-our-words', 'A port that shows a client’s types binds all its users to it.', {
    from: { path: '[/-]ports\\.ts$' },
    to: { path: '(^|/)node_modules/' },
  }),
  forbid('parent-reaches-no-decoder', 'Inference and decoding would block the heartbeats.', {
    from: { path: '^services/(worker/main|dispatcher/main)\\.ts$' },
    to: { path: '(^|/)node_modules/(node-av|onnxruntime-[a-z]+)/', reachable: true },
  }),
  forbid('executor-reaches-no-kafka', 'What decodes hostile bytes has no way to the broker.', {
    from: { path: '^services/worker/executor/main\\.ts$' },
    to: { path: '(^|/)node_modules/kafkajs/', reachable: true },
  }),
  forbid('simulator-reaches-no-client', 'A simulation must not be able to touch the world.', {
    from: { path: '^services/simulator/' },
    to: { path: clients, reachable: true },
  }),
  packageOnlyIn('kafkajs', ['^services/shared/kafka/kafkajs/', '^services/local/broker/']),
  packageOnlyIn('node-av', [
    '^services/worker/executor/(node-av|main)',
    '^services/cli/submit/node-av-',
    '^services/local/demo-video/',
  ]),
  packageOnlyIn('onnxruntime-node', ['^services/worker/(executor|models)/onnx']),
  packageOnlyIn('@kubernetes', ['^services/shared/kubernetes/api/']),
  packageOnlyIn('@grafana', ['^services/monitoring/dashboards/']),
  packageOnlyIn('@grpc', ['^services/scaler/keda/']),
  packageOnlyIn('pino', ['^services/shared/process/']),
  packageOnlyIn('prom-client', ['^services/shared/process/', '[/-]metrics\\.ts$', '/main\\.ts$']),
  packageOnlyIn('commander', ['^services/cli/']),
];

const everywhere: readonly IForbiddenRuleType[] = [
  forbid('nobody-imports-main', 'A main.ts starts a process; importing it would start it here.', {
    from: {},
    to: { path: '(^|/)main\\.ts$' },
  }),
  forbid('services-know-no-test', 'What ships does not depend on its tests.', {
    from: { path: '^services/' },
    to: { path: '^test/' },
  }),
  forbid('services-need-no-tool', 'What ships runs without development packages.', {
    // What writes the dashboards runs where they are written; its files are what ships.
    from: { path: '^services/', pathNot: '^services/monitoring/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  }),
  forbid('no-cycles', 'Files that need each other are one file, or miss a third one.', {
    from: {},
    to: { circular: true },
  }),
  forbid('everything-resolves', 'A rule cannot judge an import that leads nowhere.', {
    from: { path: '^(services|test)/' },
    to: { couldNotResolve: true },
  }),
];

/** Who may import whom. ARCHITECTURE.md has the picture, `import-rules.test.ts` the proofs. */
export const importRules: readonly IForbiddenRuleType[] = [...layers, ...adapters, ...everywhere];
