import { mkdirSync } from 'node:fs';
import type { Keeper } from '../../../services/local/processes/keeper.ts';
import { startApiServer } from '../../support/kubernetes/api-server.ts';
import type { ApiServer } from '../../support/kubernetes/api-server.ts';
import type { Component } from '../../support/kubernetes/component.ts';
import { until } from '../../support/kubernetes/until.ts';
import { startControllers } from './controllers.ts';
import { startKarpenter } from './karpenter.ts';
import { startKeda } from './keda.ts';
import type { ToolOptions } from './kubectl.ts';
import { startKwok } from './kwok.ts';
import type { RunPlace } from './run-place.ts';

/** A whole control plane on loopback: real programs, nodes that KWOK keeps ready, no kubelet. */
export interface ControlPlane {
  readonly api: ApiServer;
  readonly tool: ToolOptions;
  /** In the order in which they were started, without etcd and the API server. */
  readonly components: readonly Component[];
  /** The API server after its clients, its store last. Idempotent. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Empty or missing; holds data, certificates and logs. */
  readonly folder: string;
  readonly keeper: Keeper;
  readonly report: (line: string) => void;
}

const stopGraceMs = 5000;

/** Takes 15 s on an idle machine. @throws Error that quotes the one that did not start. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { folder, keeper, report } = options;
  mkdirSync(folder, { recursive: true });
  const api = await startApiServer({ folder, keeper });
  report(`API server is up at ${api.url}; export KUBECONFIG=${api.adminKubeconfig}`);
  const components: Component[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(components.map((component) => component.stop(stopGraceMs)));
    await api.stop();
  };
  const place: RunPlace = { folder, keeper, api, components };
  const tool: ToolOptions = { kubeconfig: api.adminKubeconfig, folder, keeper };
  try {
    await Promise.all([
      startControllers(place),
      startKwok(place),
      startKeda(place, tool),
      startKarpenter(place, tool),
    ]);
    await until('the default service account is there', () =>
      api.admin.find('/api/v1/namespaces/default/serviceaccounts/default'),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  report(`controllers, KWOK, KEDA and Karpenter are up; logs in ${folder}/log`);
  return { api, tool, components, stop };
}
