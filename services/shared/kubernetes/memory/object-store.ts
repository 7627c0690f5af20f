import type { KubernetesObject, ResourceType } from '../ports.ts';

export type StoredObject = KubernetesObject & Readonly<Record<string, unknown>>;

export interface StoredEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
  /** As it was before, so that a selector can tell who has left it. */
  readonly before: StoredObject | null;
}

/** Objects of one type, in all namespaces, with everything that happened to them. */
export interface Shelf {
  readonly objects: Map<string, StoredObject>;
  readonly events: StoredEvent[];
  readonly listeners: Set<() => void>;
}

const shelfKey = ({ group, version, plural }: ResourceType): string =>
  `${plural}.${version}.${group}`;

const objectPlace = (namespace: string | null, name: string): string =>
  `${namespace ?? ''}/${name}`;

/** What an API server keeps: objects by type and name, and one version counter for all of them. */
export class ObjectStore {
  readonly #shelves = new Map<string, Shelf>();
  #version = 1;
  #forgottenUpTo = 0;
  #named = 0;

  get version(): number {
    return this.#version;
  }

  /** A watch from before this version cannot be served any more. */
  get forgottenUpTo(): number {
    return this.#forgottenUpTo;
  }

  shelf(type: ResourceType): Shelf {
    const key = shelfKey(type);
    const known = this.#shelves.get(key);
    if (known !== undefined) return known;
    const shelf: Shelf = { objects: new Map(), events: [], listeners: new Set() };
    this.#shelves.set(key, shelf);
    return shelf;
  }

  find(type: ResourceType, name: string): StoredObject | null {
    return this.shelf(type).objects.get(objectPlace(type.namespace, name)) ?? null;
  }

  /** Of one namespace, or of all. */
  list(type: ResourceType): readonly StoredObject[] {
    return [...this.shelf(type).objects.values()].filter(
      ({ metadata }) => type.namespace === null || type.namespace === metadata.namespace,
    );
  }

  /** Writes the object whole; one that is there already and equal keeps its version. */
  write(type: ResourceType, wanted: StoredObject, createdAt: string): StoredObject {
    const before = this.find(type, wanted.metadata.name);
    const { resourceVersion: _, ...metadata } = wanted.metadata;
    this.#named += 1;
    const whole = {
      ...wanted,
      metadata: {
        ...(type.namespace === null ? {} : { namespace: type.namespace }),
        uid: before?.metadata.uid ?? `uid-${this.#named}`,
        creationTimestamp: before?.metadata.creationTimestamp ?? createdAt,
        ...metadata,
      },
    };
    if (before !== null && isSame(whole, before)) return before;
    const object = this.#versioned(whole);
    this.shelf(type).objects.set(objectPlace(type.namespace, wanted.metadata.name), object);
    this.#tell(type, { type: before === null ? 'ADDED' : 'MODIFIED', object, before });
    return object;
  }

  remove(type: ResourceType, name: string): void {
    const before = this.find(type, name);
    if (before === null) return;
    this.shelf(type).objects.delete(objectPlace(type.namespace, name));
    this.#tell(type, { type: 'DELETED', object: this.#versioned(before), before });
  }

  /** Compacts: whoever watches from an older version must list again. */
  forget(): void {
    this.#forgottenUpTo = this.#version;
    for (const shelf of this.#shelves.values()) {
      shelf.events.length = 0;
      for (const listener of shelf.listeners) listener();
    }
  }

  #versioned(object: StoredObject): StoredObject {
    this.#version += 1;
    return {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    };
  }

  #tell(type: ResourceType, event: Omit<StoredEvent, 'version'>): void {
    const shelf = this.shelf(type);
    shelf.events.push({ ...event, version: this.#version });
    for (const listener of shelf.listeners) listener();
  }
}

function isSame(wanted: StoredObject, stored: StoredObject): boolean {
  const { resourceVersion: _, ...metadata } = stored.metadata;
  return canonical(wanted) === canonical({ ...stored, metadata });
}

/** JSON with its keys in order, so that equal objects give equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
