import { KubeConfig, makeInformer } from '@kubernetes/client-node';
import { expect, it } from 'vitest';
import type { Reflection } from '../../../services/shared/kubernetes/ports.ts';
import { collectionPath } from '../../../services/shared/kubernetes/api/resource-path.ts';
import type { ReflectorSettings } from '../../../services/shared/kubernetes/reflector/pace.ts';
import type { Fault, ProxiedRequest } from '../../support/kubernetes/fault-proxy.ts';
import type { ApiHarness } from './api-harness.ts';
import { names } from './bench.ts';
import type { Bench } from './bench.ts';
import { changeMuch } from './reflecting.ts';

/** As in earnest, only much faster. */
const quick: Partial<ReflectorSettings> = {
  silenceMsMax: 900,
  pauseMsMin: 30,
  pauseMsMax: 240,
  goodWatchMs: 200,
};

const gone = '{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}';
const refused = '{"kind":"Status","code":500,"reason":"InternalError","message":"no luck"}';

/** Watches that a server, or what stands before it, treats badly. */
export function watchFaults(harness: () => ApiHarness, current: () => Bench): void {
  /** Of this test alone: another one's client may still be about to end. */
  const isHere = ({ path }: ProxiedRequest): boolean => path === collectionPath(current().type);
  const isWatch = (request: ProxiedRequest): boolean => request.isWatch && isHere(request);
  const isList = (request: ProxiedRequest): boolean => !request.isWatch && isHere(request);
  const watches = (): readonly ProxiedRequest[] => harness().proxy.requests.filter(isWatch);
  const untilWatches = (count: number): Promise<void> =>
    current().until(`${count} watches`, () => watches().length >= count);

  /** The copy catches up with what happened meanwhile. */
  const untilWhole = async (reflection: Reflection): Promise<void> => {
    await current().untilEqual(reflection);
    await current().until('no problem', () => reflection.problem() === null);
    await current().untilEqual(reflection);
  };

  const tooEager: readonly (readonly [string, Fault])[] = [
    ['ended at once', { kind: 'end', text: '' }],
    ['reset', { kind: 'reset', when: 'at once' }],
    ['refused with 500', { kind: 'answer', status: 500 }],
    ['refused with 410', { kind: 'answer', status: 410 }],
    ['told 410 in an event', { kind: 'end', text: `{"type":"ERROR","object":${gone}}\n` }],
    ['told an error in an event', { kind: 'end', text: `{"type":"ERROR","object":${refused}}\n` }],
    ['sent nonsense', { kind: 'end', text: 'never mind\n' }],
    ['cut off in an event', { kind: 'end', text: '{"type":"ADDED","object":{"metad' }],
  ];

  it.each(tooEager)(
    'reconnects once in each step of the back-off when every watch is %s',
    async (_, fault) => {
      const { proxy } = harness();
      await current().put('before');
      proxy.inject({ when: isWatch, fault });
      const reflection = await current().reflected({ reflector: quick });
      await untilWatches(6);
      expect(tooSoon(watches(), quick)).toEqual([]);
      // Between two watches at most one list, so that 410 does not double the rate either.
      expect(proxy.requests.filter(isList).length).toBeLessThanOrEqual(watches().length + 1);
      await changeMuch(current(), 20);
      proxy.clear();
      await untilWhole(reflection);
    },
  );

  it('counts too many reconnects where the library’s own informer watches', async () => {
    const { proxy } = harness();
    proxy.inject({ when: isWatch, fault: { kind: 'end', text: '' } });
    const informer = libraryInformer(harness(), current());
    await informer.start();
    await untilWatches(6);
    await informer.stop();
    expect(tooSoon(watches(), quick)).not.toEqual([]);
  });

  it('finds a watch that says nothing from the beginning', async () => {
    const { proxy } = harness();
    proxy.inject({ when: isWatch, times: 1, fault: { kind: 'half-open' } });
    const reflection = await current().reflected({ reflector: quick });
    await current().until('the first watch', () => watches().length === 1);
    await changeMuch(current(), 20);
    await current().until('the second watch', () => watches().length >= 2);
    const [first, second] = watches();
    const waitedMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(900);
    await untilWhole(reflection);
  });

  it('finds a watch that falls silent in its course, and tells meanwhile how old its copy is', async () => {
    const { proxy } = harness();
    const reflection = await current().reflected({ reflector: quick });
    await current().put('first');
    await current().until('the first', () => names(reflection).length === 1);
    proxy.disturbWatches('silence');
    await changeMuch(current(), 20);
    const seen: number[] = [];
    await current().until('a new list', () => {
      seen.push(reflection.staleMs());
      return names(reflection).length > 1;
    });
    expect(Math.max(...seen)).toBeGreaterThan(700);
    await untilWhole(reflection);
  });

  it('goes on after watches that break in their course, without reading all anew', async () => {
    const { proxy } = harness();
    const reflection = await current().reflected({ reflector: quick });
    const lists = proxy.requests.filter(isList).length;
    await untilWatches(1);
    for (let round = 0; round < 3; round += 1) {
      await current().put(`round-${round}`);
      await current().until('the new one', () => names(reflection).length === round + 1);
      proxy.disturbWatches('reset');
      await untilWatches(round + 2);
    }
    expect(proxy.requests.filter(isList)).toHaveLength(lists);
    await untilWhole(reflection);
  });

  it('reads events that arrive in crumbs, and those of a megabyte', async () => {
    const { proxy } = harness();
    proxy.inject({ when: isWatch, fault: { kind: 'crumble', bytes: 7 } });
    const reflection = await current().reflected({ reflector: { silenceMsMax: 20_000 } });
    await untilWatches(1);
    await current().put('crumbs', { spec: { replicas: 1, note: 'Ünïcödé ☂ in pieces' } });
    await untilWhole(reflection);
    proxy.clear();
    proxy.disturbWatches('reset');
    await current().put('huge', { spec: { replicas: 1, note: 'x'.repeat(1_000_000) } });
    await current().until('the huge one', () => names(reflection).length === 2);
    await untilWhole(reflection);
  });

  it('keeps the wait that a refused list asks for', async () => {
    const { proxy } = harness();
    const fault = { kind: 'answer', status: 429, retryAfterSeconds: 1 } as const;
    proxy.inject({ when: isList, times: 1, fault });
    await current().reflected({ reflector: quick });
    const [first, second] = proxy.requests.filter(isList);
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(999);
  });

  it('says what is wrong while there is nothing to read', async () => {
    const reflection = current().api.reflect({
      type: { group: '', version: 'v1', plural: 'unicorns', namespace: null },
    });
    reflection.start();
    await current().until('a problem', () => reflection.problem()?.includes('404') === true);
    expect(reflection.problem()).toContain('list unicorns');
    await reflection.stop();
  });

  it('is ended by the server when it is due, and loses nothing by it', async () => {
    const short = { ...quick, watchSecondsMin: 1, watchSecondsMax: 1 };
    const reflection = await current().reflected({ reflector: short });
    await changeMuch(current(), 20);
    await untilWatches(3);
    expect(reflection.staleMs()).toBeLessThan(2000);
    await untilWhole(reflection);
  });
}

/** Gaps between requests that are shorter than the step of the back-off they belong to. */
function tooSoon(
  requests: readonly ProxiedRequest[],
  { pauseMsMin = 0, pauseMsMax = 0 }: Partial<ReflectorSettings>,
): readonly string[] {
  return requests.slice(1).flatMap((request, index) => {
    const gapMs = request.atMs - (requests[index]?.atMs ?? 0);
    const leastMs = Math.min(pauseMsMin * 2 ** index, pauseMsMax) / 2;
    // A timer of the machine may ring a millisecond early.
    return gapMs < leastMs - 1 ? [`${gapMs} ms instead of ${leastMs} ms before ${index + 1}`] : [];
  });
}

function libraryInformer({ writeKubeconfig, proxy }: ApiHarness, bench: Bench) {
  const config = new KubeConfig();
  config.loadFromFile(writeKubeconfig('informer', [{ name: 'proxied', server: proxy.url }]));
  const list = async () => {
    const objects = await bench.harness.list(bench.type);
    const items = [...objects.values()].map(({ metadata: { name } }) => ({ metadata: { name } }));
    return { metadata: { resourceVersion: '1' }, items };
  };
  return makeInformer(config, collectionPath(bench.type), list);
}
