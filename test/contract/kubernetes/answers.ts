import { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import { KubernetesError } from '../../../services/shared/kubernetes/ports.ts';
import type { KubernetesClusters } from '../../../services/shared/kubernetes/ports.ts';
import type { ProxiedRequest } from '../../support/kubernetes/fault-proxy.ts';
import type { ApiHarness } from './api-harness.ts';
import { outcome } from './bench.ts';
import type { Bench } from './bench.ts';

const isRead = ({ method, path }: ProxiedRequest): boolean =>
  method === 'GET' && path.endsWith('/scale');
const isWrite = ({ method }: ProxiedRequest): boolean => method === 'PUT';

/** Calls to a server that answers late, wrongly or not at all. */
export function answerFaults(harness: () => ApiHarness, current: () => Bench): void {
  const count = (isCounted: (request: ProxiedRequest) => boolean): number =>
    harness().proxy.requests.filter((request) => isCounted(request)).length;

  it('uses one connection for fifty calls', async () => {
    const { proxy } = harness();
    const target = await current().put('pool');
    const api = harness().connect();
    proxy.clear();
    for (let call = 0; call < 50; call += 1) await api.readScale(target);
    expect(proxy.requests).toHaveLength(50);
    expect(proxy.connections).toBe(1);
  });

  it('counts one connection for each call of the library’s own', async () => {
    const { proxy, writeKubeconfig } = harness();
    const { name, ...rest } = await current().put('pool');
    const config = new KubeConfig();
    config.loadFromFile(writeKubeconfig('library', [{ name: 'proxied', server: proxy.url }]));
    const library = config.makeApiClient(CustomObjectsApi);
    const target = { ...rest, name, namespace: current().type.namespace };
    proxy.clear();
    for (let call = 0; call < 5; call += 1) await library.getNamespacedCustomObjectScale(target);
    expect(proxy.connections).toBe(5);
  });

  it.each([
    [409, 'conflict'],
    [404, 'not-found'],
    [403, 'forbidden'],
    [401, 'forbidden'],
    [422, 'invalid'],
    [410, 'unexpected'],
    [500, 'unreachable'],
    [503, 'unreachable'],
  ] as const)('tells a %i to a read as "%s"', async (status, code) => {
    const target = await current().put('pool');
    harness().proxy.inject({ when: isRead, fault: { kind: 'answer', status } });
    expect(await outcome(current().api.readScale(target))).toBe(code);
  });

  it('keeps the wait that a 429 asks for, and asks again by itself', async () => {
    const { proxy, clock } = harness();
    const target = await current().put('pool');
    const fault = { kind: 'answer', status: 429, retryAfterSeconds: 1 } as const;
    proxy.inject({ when: isRead, times: 1, fault });
    const startedAtMs = clock.monotonicMs();
    expect(await outcome(current().api.readScale(target))).toBe('done');
    expect(clock.monotonicMs() - startedAtMs).toBeGreaterThanOrEqual(999);
    expect(count(isRead)).toBe(2);
  });

  it('asks nobody before a wait is over that is too long to be waited for', async () => {
    const { proxy } = harness();
    const target = await current().put('pool');
    proxy.inject({ when: isRead, fault: { kind: 'answer', status: 429, retryAfterSeconds: 30 } });
    expect(await failure(current().api.readScale(target))).toMatchObject({
      code: 'unreachable',
      retryAfterMs: 30_000,
    });
    expect(await outcome(current().api.readScale(target))).toBe('unreachable');
    expect(count(isRead)).toBe(1);
  });

  it('ends within its time when there is no answer', async () => {
    const { proxy, clock } = harness();
    const target = await current().put('pool');
    const api = harness().clusters({ timeoutMs: 300 }).cluster(null);
    proxy.inject({ when: isRead, fault: { kind: 'hang' } });
    const startedAtMs = clock.monotonicMs();
    expect(await failure(api.readScale(target))).toMatchObject({
      code: 'unreachable',
      message: matching('no answer within 300 ms'),
    });
    expect(clock.monotonicMs() - startedAtMs).toBeLessThan(2000);
  });

  it('says "unreachable" when the connection breaks', async () => {
    const target = await current().put('pool');
    harness().proxy.inject({ when: isRead, fault: { kind: 'reset', when: 'at once' } });
    expect(await outcome(current().api.readScale(target))).toBe('unreachable');
  });

  it.each([
    ['a 504', { kind: 'answer', status: 504, isApplied: true }],
    ['a 500', { kind: 'answer', status: 500, isApplied: true }],
    ['a broken connection', { kind: 'reset', when: 'after the first bytes' }],
  ] as const)('finds by reading that a write was done whose answer was %s', async (_, fault) => {
    const { proxy } = harness();
    const target = await current().put('pool');
    const read = await current().api.readScale(target);
    proxy.inject({ when: isWrite, fault });
    const written = await current().api.writeScale(target, { ...read, replicas: 6 });
    expect(written.replicasDesired).toBe(6);
    expect(written.resourceVersion).not.toBe(read.resourceVersion);
    expect(count(isWrite)).toBe(1);
  });

  it('finds by reading that a write was not done, and does not repeat it', async () => {
    const { proxy } = harness();
    const target = await current().put('pool');
    const read = await current().api.readScale(target);
    proxy.inject({ when: isWrite, fault: { kind: 'answer', status: 504 } });
    expect(await failure(current().api.writeScale(target, { ...read, replicas: 6 }))).toMatchObject(
      {
        code: 'unreachable',
        message: matching('not written so far'),
      },
    );
    expect(count(isWrite)).toBe(1);
    expect(await current().api.readScale(target)).toEqual(read);
  });

  it('says "conflict" when another has written instead of us', async () => {
    const { proxy } = harness();
    const target = await current().put('pool');
    const read = await current().api.readScale(target);
    await harness().patch(target, { spec: { replicas: 9 } });
    proxy.inject({ when: isWrite, fault: { kind: 'answer', status: 503, retryAfterSeconds: 1 } });
    const write = current().api.writeScale(target, { ...read, replicas: 6 });
    expect(await outcome(write)).toBe('conflict');
  });

  it('says that nothing is known when the write and the reading back both fail', async () => {
    const { proxy } = harness();
    const target = await current().put('pool');
    const read = await current().api.readScale(target);
    proxy.inject({
      when: (one) => isWrite(one) || isRead(one),
      fault: { kind: 'answer', status: 504 },
    });
    expect(await failure(current().api.writeScale(target, { ...read, replicas: 6 }))).toMatchObject(
      {
        code: 'unreachable',
        message: matching('is not known'),
      },
    );
  });

  it('repeats a write that the server asked to bring later, once its wait is over', async () => {
    const { proxy } = harness();
    const target = await current().put('pool');
    const read = await current().api.readScale(target);
    const fault = { kind: 'answer', status: 429, retryAfterSeconds: 1 } as const;
    proxy.inject({ when: isWrite, times: 1, fault });
    expect(await outcome(current().api.writeScale(target, { ...read, replicas: 6 }))).toBe('done');
    expect(count(isWrite)).toBe(2);
  });

  it('names the verb and the resource that a role lacks', async () => {
    const target = await current().put('pool');
    const nobody = await connectAs('nobody');
    expect(await failure(nobody.cluster(null).readScale(target))).toMatchObject({
      code: 'forbidden',
      message: matching(
        /Role in faults-\d+ needs the verb "get" on "workshops\/scale" of API group contract\.spillway\.test/,
      ),
    });
    const [first, ...others] = (
      await failure(nobody.cluster(null).annotate(target, {}))
    ).message.split('\n');
    expect(first).toContain('"patch" on "workshops"');
    expect(others).toEqual([]);
  });

  it('asks the cluster of each context, and names the contexts when there is no such one', async () => {
    const { proxy, server } = harness();
    const target = await current().put('pool');
    const kubeconfigFile = harness().writeKubeconfig('two', [
      { name: 'proxied', server: proxy.url },
      { name: 'direct', server: server.url },
    ]);
    const clusters = harness().clusters({ kubeconfigFile });
    proxy.clear();
    expect(await outcome(clusters.cluster('direct').readScale(target))).toBe('done');
    expect(proxy.requests).toHaveLength(0);
    expect(await outcome(clusters.cluster('proxied').readScale(target))).toBe('done');
    expect(await outcome(clusters.cluster(null).readScale(target))).toBe('done');
    expect(proxy.requests).toHaveLength(2);
    expect(() => clusters.cluster('absent')).toThrow('no context "absent", but proxied, direct');
  });

  it('tells nothing to a server whose certificate is for another name', async () => {
    const { proxy } = harness();
    const target = await current().put('pool');
    const server = proxy.url.replace('127.0.0.1', 'localhost');
    const kubeconfigFile = harness().writeKubeconfig('other-name', [{ name: 'other', server }]);
    proxy.clear();
    const clusters = harness().clusters({ kubeconfigFile });
    const call = clusters.cluster(null).readScale(target);
    expect(await failure(call)).toMatchObject({
      code: 'unreachable',
      message: matching('does not match'),
    });
    expect(proxy.requests).toEqual([]);
  });

  it('says what to do about an object that has no number of replicas yet', async () => {
    const target = await current().put('pool', { spec: {} });
    expect(await failure(current().api.readScale(target))).toMatchObject({
      code: 'invalid',
      message: matching('set spec.replicas'),
    });
  });

  /** A service account without a role. */
  async function connectAs(name: string): Promise<KubernetesClusters> {
    const { server } = harness();
    const accounts = `/api/v1/namespaces/${current().type.namespace}/serviceaccounts`;
    await server.admin.create(accounts, { metadata: { name } });
    const { status } = await server.admin.create<{ readonly status: { readonly token: string } }>(
      `${accounts}/${name}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [] } },
    );
    const kubeconfigFile = harness().writeKubeconfig(name, [
      { name, server: harness().proxy.url, token: status.token },
    ]);
    return harness().clusters({ kubeconfigFile });
  }
}

const matching = (text: string | RegExp): unknown => expect.stringMatching(text);

/** What the call fails with, as plain values. */
async function failure(
  call: Promise<unknown>,
): Promise<Pick<KubernetesError, 'code' | 'message' | 'retryAfterMs'>> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    const { code, message, retryAfterMs } = error;
    return { code, message, retryAfterMs };
  }
  throw new Error('the call did not fail');
}
