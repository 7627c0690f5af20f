import type { ResourceType } from '../ports.ts';

/** One request, in the words of the server's roles as well, so that errors can name what is missing. */
export interface ApiRequest {
  readonly verb: 'get' | 'list' | 'watch' | 'update' | 'patch';
  readonly type: ResourceType;
  /** `deployments`, `deployments/scale`: as a role names it. */
  readonly resource: string;
  /** `null`: all objects of the type. */
  readonly name: string | null;
  readonly path: string;
  readonly body?: unknown;
}

const methods = { get: 'GET', list: 'GET', watch: 'GET', update: 'PUT', patch: 'PATCH' } as const;

export const methodOf = ({ verb }: ApiRequest): string => methods[verb];

/** JSON patch would be the client's default; a server takes merge patches for every type. */
export const contentTypeOf = ({ verb }: ApiRequest): string =>
  verb === 'patch' ? 'application/merge-patch+json' : 'application/json';

/** `update deployments.apps/scale gpu-worker in namespace video`. */
export function describeRequest({ verb, type, resource, name }: ApiRequest): string {
  const [plural = resource, part] = resource.split('/');
  const kind = type.group === '' ? plural : `${plural}.${type.group}`;
  const whole = part === undefined ? kind : `${kind}/${part}`;
  const object = name === null ? '' : ` ${name}`;
  const place = type.namespace === null ? '' : ` in namespace ${type.namespace}`;
  return `${verb} ${whole}${object}${place}`;
}
