import type { ResourceType, ScaleTarget } from '../ports.ts';

/** Where the objects of a type are: `/apis/apps/v1/namespaces/video/deployments`. */
export function collectionPath({ group, version, plural, namespace }: ResourceType): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const place = namespace === null ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${place}/${plural}`;
}

export function objectPath(target: ScaleTarget): string {
  return `${collectionPath(target)}/${encodeURIComponent(target.name)}`;
}

export function scalePath(target: ScaleTarget): string {
  return `${objectPath(target)}/scale`;
}
