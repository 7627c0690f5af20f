type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOrWhole: JsonObject = { oneOf: [{ type: 'string' }, { type: 'integer' }] };

/** What OpenAPI describes by its Go type, while JSON holds something else. */
const special: Readonly<Record<string, JsonObject>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': textOrWhole,
};

/**
 * A schema of Kubernetes as plain JSON Schema that refuses unknown keys. What is inside `allOf` and the
 * like only adds conditions, so it is left as it is.
 *
 * @param definitions to put in the place of references.
 */
export function strict(schema: Json, definitions: JsonObject = {}): Json {
  return new Strictness(definitions).of(schema, []);
}

class Strictness {
  readonly #definitions: JsonObject;

  constructor(definitions: JsonObject) {
    this.#definitions = definitions;
  }

  of(schema: Json, above: readonly string[]): Json {
    if (!isObject(schema)) return schema;
    const reference = schema['$ref'];
    if (typeof reference === 'string') return this.#referred(reference, above);
    const { format } = schema;
    if (schema['x-kubernetes-int-or-string'] === true || format === 'int-or-string') {
      return textOrWhole;
    }
    return Object.fromEntries([
      ...Object.entries(schema).flatMap(([key, value]) => this.#kept(key, value, above)),
      ...this.#closing(schema),
    ]);
  }

  #referred(reference: string, above: readonly string[]): Json {
    const name = reference.split('/').at(-1) ?? '';
    // A schema of schemas: anything goes.
    if (above.includes(name)) return {};
    return special[name] ?? this.of(this.#definitions[name] ?? {}, [...above, name]);
  }

  #kept(key: string, value: Json, above: readonly string[]): [string, Json][] {
    if (key.startsWith('x-kubernetes-') || key === 'description' || key === 'default') return [];
    // Of the formats, kubeconform knows this one and would misread others.
    if (key === 'format') return value === 'date-time' ? [[key, value]] : [];
    if (key === 'properties' && isObject(value)) return [[key, this.#properties(value, above)]];
    const isSchema = key === 'items' || key === 'additionalProperties' || key === 'not';
    return [[key, isSchema ? this.of(value, above) : value]];
  }

  /** A key that is there without a value counts as left out. */
  #properties(properties: JsonObject, above: readonly string[]): Json {
    const entries = Object.entries(properties).map(([name, property]) => {
      const value = this.of(property, above);
      const type = isObject(value) ? value['type'] : null;
      return [
        name,
        typeof type === 'string' ? { ...(value as object), type: [type, 'null'] } : value,
      ];
    });
    return Object.fromEntries(entries);
  }

  #closing(schema: JsonObject): [string, Json][] {
    const isOpen =
      schema['properties'] === undefined ||
      schema['additionalProperties'] !== undefined ||
      schema['x-kubernetes-preserve-unknown-fields'] === true;
    return isOpen ? [] : [['additionalProperties', false]];
  }
}
