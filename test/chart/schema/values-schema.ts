import {
  anyText,
  closed,
  flag,
  graceSeconds,
  kubernetesShapes,
  labels,
  objectName,
  oneOf,
  placement,
  secretKey,
  shape,
  texts,
  whole,
} from './kubernetes-schemas.ts';
import { workersSchema } from './pool-schemas.ts';
import { schemaOf, settingsSchema } from './setting-schemas.ts';
import type { JsonSchema } from './setting-schemas.ts';

/** Of values.yaml: what the programs accept is theirs to say, the rest is said here. */
export function valuesSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the chart spillway',
    description: 'Made from the settings of the programs; values.yaml says what each value is for.',
    ...closed({
      // Helm's own, where the chart is a part of another one.
      global: { type: 'object' },
      nameOverride: objectName,
      fullnameOverride: objectName,
      image: shape('image'),
      cudaImage: shape('image'),
      modelsImage: shape('image'),
      imagePullSecrets: texts,
      ...data(),
      ...programValues(),
      autoscaling: autoscaling(),
      podDisruptionBudgets: closed({
        enabled: flag,
        workersMaxUnavailable: {
          anyOf: [{ type: 'string', pattern: '^[0-9]{1,3}%$' }, whole(0, 10_000)],
        },
      }),
      networkPolicy: networkPolicy(),
      monitoring: monitoring(),
      strimzi: strimzi(),
      prefetch: closed({ enabled: flag }),
      tests: closed({
        enabled: flag,
        workersMin: whole(0, 10_000),
        timeoutSeconds: whole(1, 3600),
      }),
    }),
    $defs: { ...kubernetesShapes, workerSettings: settingsSchema('worker') },
  };
}

function data(): Record<string, JsonSchema> {
  const { items } = schemaOf('KAFKA_BROKERS');
  const mechanism = schemaOf('KAFKA_SASL_MECHANISM')['enum'];
  return {
    kafka: closed({
      brokers: { type: 'array', items },
      tls: closed({
        enabled: flag,
        caSecret: objectName,
        caKey: secretKey,
        clientSecret: objectName,
        certKey: secretKey,
        keyKey: secretKey,
      }),
      sasl: closed({
        mechanism: oneOf('', ...(Array.isArray(mechanism) ? mechanism.map(String) : [])),
        secret: objectName,
        usernameKey: secretKey,
        passwordKey: secretKey,
      }),
    }),
    topicPrefix: schemaOf('SPILLWAY_TOPIC_PREFIX'),
    inlineMebibytes: schemaOf('SPILLWAY_INLINE_MEBIBYTES'),
    objectives: closed({
      liveSeconds: schemaOf('SPILLWAY_OBJECTIVE_LIVE_SECONDS'),
      standardSeconds: schemaOf('SPILLWAY_OBJECTIVE_STANDARD_SECONDS'),
      bulkSeconds: schemaOf('SPILLWAY_OBJECTIVE_BULK_SECONDS'),
    }),
    topics: closed({
      ensure: flag,
      partitions: closed(
        Object.fromEntries(
          ['intake', 'gpu', 'cpu', 'done', 'outcomes'].map((each) => [each, whole(1, 10_000)]),
        ),
      ),
      replication: whole(1, 32),
    }),
    models: closed({ source: oneOf('copy', 'imageVolume', 'claim'), claim: objectName }),
    claims: closed({ claim: objectName }),
  };
}

function programValues(): Record<string, JsonSchema> {
  return {
    dispatcher: closed({
      replicas: whole(1, 5),
      settings: settingsSchema('dispatcher'),
      terminationGracePeriodSeconds: graceSeconds,
      ...placement,
    }),
    scaler: closed({
      replicas: whole(1, 5),
      settings: settingsSchema('scaler'),
      kubeconfigSecret: objectName,
      terminationGracePeriodSeconds: graceSeconds,
      ...placement,
      serviceAccount: closed({ name: objectName, annotations: labels }),
      rbac: closed({ create: flag }),
    }),
    ...workersSchema(),
  };
}

function autoscaling(): JsonSchema {
  return closed({
    mode: oneOf('keda', 'writer', 'none'),
    keda: closed({
      scalerAddress: { type: 'string', pattern: '^(\\S+:[0-9]{1,5})?$' },
      trigger: oneOf('external', 'external-push'),
      pollingIntervalSeconds: whole(1, 300),
      cooldownSeconds: whole(0, 3600),
      fallback: closed({ failureThreshold: whole(1, 1000) }),
      tls: closed({
        enabled: flag,
        serverSecret: objectName,
        clientSecret: objectName,
        mutual: flag,
      }),
    }),
  });
}

function networkPolicy(): JsonSchema {
  const peers: JsonSchema = {
    type: 'array',
    items: closed({
      ipBlock: closed({ cidr: { type: 'string' }, except: texts }, ['cidr']),
      namespaceSelector: { type: 'object' },
      podSelector: { type: 'object' },
    }),
  };
  return closed({
    enabled: flag,
    kafka: peers,
    apiServer: closed({ to: peers, ports: { type: 'array', items: whole(1, 65_535) } }),
    monitoringNamespace: objectName,
    kedaNamespace: objectName,
    dnsNamespace: objectName,
    extraEgress: {
      type: 'array',
      items: closed({ to: peers, ports: { type: 'array', items: { type: 'object' } } }),
    },
  });
}

function monitoring(): JsonSchema {
  return closed({
    podMonitors: closed({ enabled: flag, intervalSeconds: whole(1, 300), labels }),
    rules: closed({ enabled: flag, labels }),
    dashboards: closed({ enabled: flag, labels }),
  });
}

function strimzi(): JsonSchema {
  return closed({
    topics: closed({ enabled: flag }),
    users: closed({ enabled: flag, authentication: oneOf('tls', 'scram-sha-512') }),
    cluster: objectName,
    namespace: anyText,
  });
}
