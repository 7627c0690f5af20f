import type { JsonSchema } from './setting-schemas.ts';

/** An object with these keys and no others. */
export function closed(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    properties,
    ...(required.length === 0 ? {} : { required }),
  };
}

export const flag: JsonSchema = { type: 'boolean' };
export const anyText: JsonSchema = { type: 'string' };
export const texts: JsonSchema = { type: 'array', items: { type: 'string', minLength: 1 } };
export const oneOf = (...words: readonly string[]): JsonSchema => ({ type: 'string', enum: words });
export const whole = (minimum: number, maximum: number): JsonSchema => ({
  type: 'integer',
  minimum,
  maximum,
});
export const numeric = (minimum: number, maximum: number): JsonSchema => ({
  type: 'number',
  minimum,
  maximum,
});

export const orNull = (schema: JsonSchema): JsonSchema => ({
  anyOf: [{ type: 'null' }, schema],
});

/** Name of an object in Kubernetes; empty: none. */
export const objectName: JsonSchema = {
  type: 'string',
  pattern: '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$',
};
export const secretKey: JsonSchema = { type: 'string', pattern: '^[-._a-zA-Z0-9]{1,253}$' };
export const labels: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };

const quantities: JsonSchema = {
  type: 'object',
  additionalProperties: {
    anyOf: [
      { type: 'string', pattern: '^[0-9]+([.][0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$' },
      { type: 'number', minimum: 0 },
    ],
  },
};

/** Shapes that stand in several places of the values. */
export const kubernetesShapes = {
  image: closed({
    repository: { type: 'string', pattern: '^[a-z0-9][-a-z0-9._/:]*$' },
    tag: { type: 'string', pattern: '^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$' },
    digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    pullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
  }),
  resources: closed({ requests: quantities, limits: quantities }),
  tolerations: {
    type: 'array',
    items: closed({
      key: { type: 'string' },
      operator: oneOf('Exists', 'Equal'),
      value: { type: 'string' },
      effect: oneOf('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
      tolerationSeconds: whole(0, 2_147_483_647),
    }),
  },
  affinity: closed({
    nodeAffinity: { type: 'object' },
    podAffinity: { type: 'object' },
    podAntiAffinity: { type: 'object' },
  }),
} as const satisfies Readonly<Record<string, JsonSchema>>;

export const shape = (name: keyof typeof kubernetesShapes): JsonSchema => ({
  $ref: `#/$defs/${name}`,
});

/** Where pods may run and what they may take. */
export const placement: Readonly<Record<string, JsonSchema>> = {
  resources: shape('resources'),
  priorityClassName: objectName,
  nodeSelector: labels,
  tolerations: shape('tolerations'),
  affinity: shape('affinity'),
  podAnnotations: labels,
};

export const graceSeconds: JsonSchema = whole(1, 7200);
