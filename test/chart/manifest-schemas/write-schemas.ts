import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { isObject, strict } from './strict-schema.ts';
import type { JsonObject } from './strict-schema.ts';

export interface SchemaSources {
  /** OpenAPI of the API server. */
  readonly swagger: string;
  /** Folders of CustomResourceDefinitions. */
  readonly crdFolders: readonly string[];
  /** The kinds that are asked for; all of the API server's would take long and much room. */
  readonly kinds: ReadonlySet<string>;
}

/** How kubeconform finds what `writeSchemas` wrote below a folder. */
export const schemaLocation = '{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json';

/** One schema for each group, version and kind. @returns how many. */
export async function writeSchemas(folder: string, sources: SchemaSources): Promise<number> {
  let count = 0;
  for (const { group, version, kind, schema } of [
    ...(await ofServer(sources)),
    ...(await ofDefinitions(sources)),
  ]) {
    // The core group has no name; kubeconform then looks under the version.
    const place = join(folder, group === '' ? version : group);
    await mkdir(place, { recursive: true });
    const path = join(place, `${kind.toLowerCase()}_${version}.json`);
    const rootless = { ...schema, $schema: 'http://json-schema.org/draft-07/schema#' };
    await writeFile(path, JSON.stringify(rootless));
    count += 1;
  }
  return count;
}

interface KindSchema {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: JsonObject;
}

async function ofServer({ swagger, kinds }: SchemaSources): Promise<readonly KindSchema[]> {
  const parsed: JsonObject = JSON.parse(await readFile(swagger, 'utf8'));
  const definitions = objectAt(parsed, 'definitions');
  return Object.values(definitions).flatMap((definition) => {
    if (!isObject(definition)) return [];
    const named = definition['x-kubernetes-group-version-kind'];
    const [only, ...others] = Array.isArray(named) ? named : [];
    if (!isObject(only) || others.length > 0) return [];
    const { group, version, kind } = only;
    if (typeof group !== 'string' || typeof version !== 'string' || typeof kind !== 'string') {
      return [];
    }
    const schema = kinds.has(kind) ? strict(definition, definitions) : null;
    return isObject(schema ?? undefined)
      ? [{ group, version, kind, schema: schema as JsonObject }]
      : [];
  });
}

async function ofDefinitions({ crdFolders }: SchemaSources): Promise<readonly KindSchema[]> {
  const found: KindSchema[] = [];
  for (const folder of crdFolders) {
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.yaml'))) {
      const text = await readFile(join(folder, file), 'utf8');
      for (const document of parseAllDocuments(text)) {
        const json = document.toJS() as JsonObject | null;
        if (json?.['kind'] === 'CustomResourceDefinition') found.push(...versionsOf(json));
      }
    }
  }
  return found;
}

function versionsOf(definition: JsonObject): readonly KindSchema[] {
  const spec = objectAt(definition, 'spec');
  const group = textAt(spec, 'group');
  const kind = textAt(objectAt(spec, 'names'), 'kind');
  const versions = spec['versions'];
  return (Array.isArray(versions) ? versions : []).filter(isObject).flatMap((version) => {
    const schema = strict(objectAt(objectAt(version, 'schema'), 'openAPIV3Schema'));
    if (!isObject(schema)) return [];
    const properties = { ...objectAt(schema, 'properties'), metadata: { type: 'object' } };
    return [{ group, version: textAt(version, 'name'), kind, schema: { ...schema, properties } }];
  });
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  if (!isObject(value)) throw new Error(`There is no object ${key} where a schema was looked for.`);
  return value;
}

function textAt(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw new Error(`${key} of a definition is no text.`);
  return value;
}
