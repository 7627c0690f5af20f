import type { PodContext } from './pod-context.ts';

interface ConfigMap {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

interface Secret {
  readonly data?: Readonly<Record<string, string>>;
}

const decoded = (data: Readonly<Record<string, string>>): [string, Buffer][] =>
  Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')]);

/** Keys and values. `null`: there is no such ConfigMap. */
export async function readConfigMap(
  { tools, namespace }: PodContext,
  name: string,
): Promise<ReadonlyMap<string, Buffer> | null> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const found = await tools.client.find<ConfigMap>(path);
  if (found === null) return null;
  const texts = Object.entries(found.data ?? {}).map(
    ([key, text]) => [key, Buffer.from(text)] as const,
  );
  return new Map([...texts, ...decoded(found.binaryData ?? {})]);
}

/** Keys and values. `null`: there is no such Secret. */
export async function readSecret(
  { tools, namespace }: PodContext,
  name: string,
): Promise<ReadonlyMap<string, Buffer> | null> {
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  const found = await tools.client.find<Secret>(path);
  return found === null ? null : new Map(decoded(found.data ?? {}));
}
