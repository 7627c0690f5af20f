import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { V1Pod } from '@kubernetes/client-node';
import type { ClusterClient } from '../support/kubernetes/cluster-client.ts';
import { until } from '../support/kubernetes/until.ts';
import { clusterAdmin, clusterForTests, describeWithCluster } from './scene/scene.ts';

const namespace = 'kubelet';
const pods = `/api/v1/namespaces/${namespace}/pods`;
const port = 8000;

/** Not ready before somebody asks for `/open`; says so when it is told to end. */
const shyServer = `
let isOpen = false;
require('node:http').createServer(({ url }, response) => {
  if (url === '/open') isOpen = true;
  else console.log('probed', isOpen);
  response.writeHead(isOpen ? 200 : 503).end();
}).listen(${port}, process.env.POD_IP);
process.on('SIGTERM', () => { console.log('told to end'); process.exit(0); });
try { require('node:fs').writeFileSync('/opt/spillway/written', ''); }
catch (error) { console.log('refused', error.code); }
`;

function podOf(name: string, script: string, more: Readonly<Record<string, unknown>> = {}): object {
  const container = {
    name: 'main',
    image: 'spillway:test',
    command: ['node', '-e', script],
    env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    securityContext: { runAsUser: 65532, readOnlyRootFilesystem: true },
    ...more,
  };
  const spec = { nodeName: 'plain-1', terminationGracePeriodSeconds: 1, containers: [container] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
}

const logOf = (name: string): string =>
  readFileSync(join(clusterForTests().folder, 'log/pods', `${namespace}_${name}_main.log`), 'utf8');

const isReady = (pod: V1Pod | null): boolean =>
  pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ===
  true;

describeWithCluster('the small kubelet, on whose word the other tests rely,', () => {
  let admin: ClusterClient;
  beforeAll(async () => {
    admin = clusterAdmin();
    await admin.create('/api/v1/namespaces', { metadata: { name: namespace } });
    await until('the account of its pods is there', () =>
      admin.find(`/api/v1/namespaces/${namespace}/serviceaccounts/default`),
    );
    return () => admin.close();
  });
  const find = (name: string): Promise<V1Pod | null> => admin.find<V1Pod>(`${pods}/${name}`);

  it('calls a pod ready only when its program says so, gives it a read-only root, and removes it only after its program has ended', async () => {
    const readinessProbe = { httpGet: { path: '/', port }, periodSeconds: 1 };
    await admin.create(pods, podOf('shy', shyServer, { readinessProbe }));
    await until('its program was asked twice', async () => {
      const pod = await find('shy');
      const hasStarted = pod?.status?.containerStatuses?.[0]?.state?.running !== undefined;
      return hasStarted && logOf('shy').split('probed false').length > 2;
    });
    expect(isReady(await find('shy')), 'ready before its program said so').toBe(false);
    expect(logOf('shy')).toContain('refused EROFS');

    const ip = (await find('shy'))?.status?.podIP ?? '';
    await fetch(`http://${ip}:${port}/open`);
    await until('it is ready', async () => isReady(await find('shy')));

    await admin.remove(`${pods}/shy`);
    await until('it is gone', async () => (await find('shy')) === null);
    expect(logOf('shy')).toContain('told to end');
    await expect(
      fetch(`http://${ip}:${port}/`),
      'a program that outlived its pod',
    ).rejects.toThrow();
  });

  it('tells of a program that fails, starts it again, and kills one that does not end in its time', async () => {
    await admin.create(pods, podOf('failing', 'process.exit(3)'));
    const failed = await until('it was started again', async () => {
      const status = (await find('failing'))?.status?.containerStatuses?.[0];
      return status !== undefined && status.restartCount > 0 && status;
    });
    expect(failed.lastState?.terminated?.exitCode ?? failed.state?.terminated?.exitCode).toBe(3);

    const deaf = `process.on('SIGTERM', () => console.log('heard')); setInterval(() => console.log('goes on'), 100);`;
    await admin.create(pods, podOf('deaf', deaf));
    await until('it runs', async () => isReady(await find('deaf')) && logOf('deaf') !== '');
    await Promise.all([admin.remove(`${pods}/deaf`), admin.remove(`${pods}/failing`)]);
    await until(
      'both are gone',
      async () => (await find('deaf')) === null && (await find('failing')) === null,
    );
    expect(logOf('deaf')).toContain('heard');
  });
});
