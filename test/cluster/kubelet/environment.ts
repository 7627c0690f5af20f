import type { V1Container, V1EnvVar } from '@kubernetes/client-node';
import { readConfigMap, readSecret } from './configuration.ts';
import { fieldValue } from './field-values.ts';
import { imageOf } from './pod-context.ts';
import type { PodContext } from './pod-context.ts';

export type Variables = Readonly<Record<string, string>>;

/** Annotation of pods that find the API server at another port of loopback. */
export const apiServerPortAnnotation = 'kubelet.test/api-server-port';

/** What a container engine gives every container of ours; the machine's own stay outside. */
const baseVariables: Variables = { PATH: '/base:/usr/local/bin:/usr/bin:/bin', HOME: '/' };

/**
 * The variables of a container: of its image, of the API server's Service, its own.
 *
 * @throws Error if a ConfigMap, a Secret or a key of one is not there and not optional.
 */
export async function containerVariables(
  context: PodContext,
  container: V1Container,
): Promise<Variables> {
  const { pod } = context;
  const variables: Record<string, string> = {
    ...baseVariables,
    ...imageOf(context, container.image ?? '').environment,
    HOSTNAME: pod.metadata?.name ?? '',
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: apiServerPort(context),
    KUBERNETES_SERVICE_PORT_HTTPS: apiServerPort(context),
  };
  for (const { configMapRef, secretRef, prefix = '' } of container.envFrom ?? []) {
    const name = configMapRef?.name ?? secretRef?.name ?? '';
    const found =
      configMapRef === undefined
        ? await readSecret(context, name)
        : await readConfigMap(context, name);
    const isOptional = (configMapRef ?? secretRef)?.optional === true;
    if (found === null && !isOptional) throw new Error(`there is no ${name} for variables`);
    for (const [key, value] of found ?? []) variables[`${prefix}${key}`] = value.toString('utf8');
  }
  for (const one of container.env ?? []) {
    const value = await valueOf(context, one);
    if (value !== null) variables[one.name] = expand(value, variables);
  }
  return variables;
}

/** Of the pod's annotation where a test stands between it and the API server, else the server's. */
function apiServerPort({ tools, pod }: PodContext): string {
  return pod.metadata?.annotations?.[apiServerPortAnnotation] ?? String(tools.apiServerPort);
}

/** `$(NAME)` is replaced where there is such a variable; `$$` stands for a dollar sign. */
export function expand(text: string, variables: Variables): string {
  return text.replaceAll(/\$\$|\$\(([^)]+)\)/g, (match, name: string | undefined) =>
    name === undefined ? '$' : (variables[name] ?? match),
  );
}

async function valueOf(
  context: PodContext,
  { name, value, valueFrom }: V1EnvVar,
): Promise<string | null> {
  if (valueFrom === undefined) return value ?? '';
  const { fieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) return fieldValue(context.pod, fieldRef.fieldPath, context.ip);
  const reference = configMapKeyRef ?? secretKeyRef;
  if (reference === undefined) throw new Error(`the source of ${name} is not one that is known`);
  const read = configMapKeyRef === undefined ? readSecret : readConfigMap;
  const found = (await read(context, reference.name ?? ''))?.get(reference.key);
  if (found !== undefined) return found.toString('utf8');
  if (reference.optional === true) return null;
  throw new Error(
    `${name} wants the key ${reference.key} of ${reference.name}, which is not there`,
  );
}
