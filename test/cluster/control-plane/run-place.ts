import { join } from 'node:path';
import type { Keeper } from '../../../services/local/processes/keeper.ts';
import { clusterBinary } from '../../support/cluster-binaries.ts';
import type { ApiServer } from '../../support/kubernetes/api-server.ts';
import { writeKubeconfig } from '../../support/kubernetes/kubeconfig.ts';
import { Component } from '../../support/kubernetes/component.ts';

/** Where the programs of one cluster run: each with a log of its name in `folder`/log. */
export interface RunPlace {
  readonly folder: string;
  readonly keeper: Keeper;
  readonly api: ApiServer;
  /** In the order in which they were started; whoever starts one adds it. */
  readonly components: Component[];
}

export interface StartWanted {
  readonly name: string;
  readonly commandArguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export function startComponent(place: RunPlace, wanted: StartWanted): Component {
  const { name, commandArguments, environment } = wanted;
  const component = new Component({
    name,
    command: clusterBinary(name),
    commandArguments,
    environment: { HOME: place.folder, ...environment },
    workFolder: place.folder,
    logFile: join(place.folder, 'log', `${name}.log`),
    keeper: place.keeper,
  });
  place.components.push(component);
  return component;
}

/** A kubeconfig for a user with a certificate of its own. */
export function kubeconfigFor(place: RunPlace, name: string, commonName: string): string {
  const { api, folder } = place;
  return writeKubeconfig({
    file: join(folder, `${name}.kubeconfig`),
    server: api.url,
    certificateAuthorityFile: api.authority.certificateFile,
    user: api.authority.issue({ name, commonName }),
  });
}

/** What one of them said last that has ended although nobody stopped it; `null`: all run. */
export function whoEnded(place: RunPlace): string | null {
  const ended = place.components.find(({ hasEnded }) => hasEnded);
  return ended === undefined ? null : `${ended.name} has ended and said: ${ended.lastLines()}`;
}
