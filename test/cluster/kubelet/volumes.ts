import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { V1KeyToPath, V1Volume, V1VolumeProjection } from '@kubernetes/client-node';
import { readConfigMap, readSecret } from './configuration.ts';
import { fieldValue } from './field-values.ts';
import { imageOf } from './pod-context.ts';
import type { PodContext } from './pod-context.ts';
import { requestToken } from './service-account-token.ts';

type Files = ReadonlyMap<string, Buffer>;

/** Folders of the machine by the names of a pod's volumes. @throws Error that says what is missing. */
export async function makeVolumes(context: PodContext): Promise<ReadonlyMap<string, string>> {
  const folders = new Map<string, string>();
  for (const volume of context.pod.spec?.volumes ?? []) {
    folders.set(volume.name, await makeVolume(context, volume));
  }
  return folders;
}

async function makeVolume(context: PodContext, volume: V1Volume): Promise<string> {
  if (volume.image !== undefined) return imageOf(context, volume.image.reference ?? '').folder;
  const folder = join(context.folder, volume.name);
  mkdirSync(folder, { recursive: true });
  // Whatever user the containers run as: there is one pod on this folder.
  chmodSync(folder, 0o777);
  if (volume.emptyDir !== undefined) return folder;
  for (const [path, content] of await filesOf(context, volume)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o444 });
  }
  return folder;
}

async function filesOf(context: PodContext, volume: V1Volume): Promise<Files> {
  const { configMap, secret, projected, downwardAPI } = volume;
  if (configMap !== undefined) return projection(context, { configMap });
  if (secret !== undefined) {
    const { secretName, items, optional } = secret;
    return projection(context, {
      secret: {
        name: secretName ?? '',
        ...(items === undefined ? {} : { items }),
        ...(optional === undefined ? {} : { optional }),
      },
    });
  }
  if (downwardAPI !== undefined) return projection(context, { downwardAPI });
  if (projected !== undefined) {
    const parts = await Promise.all(
      (projected.sources ?? []).map((source) => projection(context, source)),
    );
    return new Map(parts.flatMap((part) => [...part]));
  }
  throw new Error(`the small kubelet does not know the kind of the volume ${volume.name}`);
}

async function projection(context: PodContext, source: V1VolumeProjection): Promise<Files> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined) {
    return chosen(await readConfigMap(context, configMap.name ?? ''), configMap);
  }
  if (secret !== undefined) {
    return chosen(await readSecret(context, secret.name ?? ''), secret);
  }
  if (serviceAccountToken !== undefined) {
    const token = await requestToken(context, serviceAccountToken);
    return new Map([[serviceAccountToken.path, Buffer.from(token)]]);
  }
  return new Map(
    (downwardAPI?.items ?? []).map(({ path, fieldRef }) => [
      path,
      Buffer.from(fieldValue(context.pod, fieldRef?.fieldPath ?? '', context.ip)),
    ]),
  );
}

interface Choice {
  readonly name?: string;
  /** All keys, under their own names, if it is left out. */
  readonly items?: readonly V1KeyToPath[];
  readonly optional?: boolean;
}

function chosen(found: Files | null, { name, items, optional }: Choice): Files {
  if (found === null && optional !== true) throw new Error(`there is no ${name} for a volume`);
  const values = found ?? new Map<string, Buffer>();
  if (items === undefined) return values;
  return new Map(
    items.map(({ key, path }) => {
      const value = values.get(key);
      if (value === undefined) throw new Error(`${name} has no key ${key}`);
      return [path, value];
    }),
  );
}
