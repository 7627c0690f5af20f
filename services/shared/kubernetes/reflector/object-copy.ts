import type { KubernetesObject } from '../ports.ts';
import type { WatchEvent } from './list-watch.ts';

/** A copy of all objects of one type as of one version, changed in place by `applyEvent`. */
export interface ObjectCopy {
  readonly objects: Map<string, KubernetesObject>;
  /** A watch from here on misses nothing. */
  resourceVersion: string;
}

/** `namespace/name`: unique among objects of one type. */
const objectKey = ({ metadata }: KubernetesObject): string =>
  `${metadata.namespace ?? ''}/${metadata.name}`;

export function copyOfList(
  items: readonly KubernetesObject[],
  resourceVersion: string,
): ObjectCopy {
  return { objects: new Map(items.map((item) => [objectKey(item), item])), resourceVersion };
}

/** An event that is told twice changes nothing. */
export function applyEvent(copy: ObjectCopy, event: WatchEvent): void {
  switch (event.type) {
    case 'BOOKMARK':
      copy.resourceVersion = event.resourceVersion;
      return;
    case 'DELETED':
      copy.objects.delete(objectKey(event.object));
      break;
    case 'ADDED':
    case 'MODIFIED':
      copy.objects.set(objectKey(event.object), event.object);
      break;
  }
  copy.resourceVersion = event.object.metadata.resourceVersion ?? copy.resourceVersion;
}
