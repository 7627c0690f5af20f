import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock, seededRandom } from '../../../../../services/shared/clock/manual.ts';
import { KubernetesError } from '../../../../../services/shared/kubernetes/ports.ts';
import { reflectorSettings } from '../../../../../services/shared/kubernetes/reflector/pace.ts';
import { Reflector } from '../../../../../services/shared/kubernetes/reflector/reflector.ts';
import { ScriptedServer } from './scripted-server.ts';

const seed = 5;

function world() {
  const clock = new ManualClock(0);
  const server = new ScriptedServer(clock);
  const settings = reflectorSettings;
  const reflector = new Reflector({
    listWatch: server,
    clock,
    random: seededRandom(seed),
    settings,
  });
  onTestFinished(() => reflector.stop());
  return { clock, server, reflector };
}

const node = (name: string, resourceVersion = '2') => ({ metadata: { name, resourceVersion } });
const broken = new KubernetesError('unreachable', 'the network broke');
const garbled = new KubernetesError('unexpected', 'nonsense');

describe('a reflector', () => {
  it.each([
    ['end at once', 'ended'],
    ['break', broken],
    ['expire', 'expired'],
    ['bring nonsense', garbled],
  ] as const)('asks fewer than twenty times in a minute when all watches %s', async (_, how) => {
    const { clock, server, reflector } = world();
    server.watchEnd = how;
    reflector.start();
    await clock.elapseMs(60_000);
    expect(server.asked.length).toBeLessThan(20);
    expect(server.count('watch')).toBeGreaterThan(5);
  });

  it('lists once for many watches that break, and each time for those that expire', async () => {
    const { clock, server, reflector } = world();
    server.watchEnd = broken;
    reflector.start();
    await clock.elapseMs(60_000);
    expect(server.count('list')).toBe(1);
    server.watchEnd = 'expired';
    await clock.elapseMs(120_000);
    expect(server.count('list')).toBeGreaterThan(3);
  });

  it('lists anew after nonsense, since an event may have been lost in it', async () => {
    const { clock, server, reflector } = world();
    reflector.start();
    await clock.elapseMs(0);
    server.items = [node('hidden in nonsense')];
    server.open[0]?.end(garbled);
    await clock.elapseMs(1000);
    expect(reflector.objects()).toEqual(server.items);
    expect(reflector.problem()).toBeNull();
  });

  it('lists anew after 90 s without a word, at once and without calling it a problem', async () => {
    const { clock, server, reflector } = world();
    reflector.start();
    await clock.elapseMs(89_999);
    expect(reflector.staleMs()).toBe(89_999);
    server.items = [node('missed')];
    await clock.elapseMs(1);
    expect(reflector.objects()).toEqual(server.items);
    expect(reflector.problem()).toBeNull();
    expect(reflector.staleMs()).toBe(0);
    await clock.elapseMs(3_600_000);
    expect(server.count('list')).toBe(42);
  });

  it('waits on while there is a word now and then', async () => {
    const { clock, server, reflector } = world();
    reflector.start();
    await clock.elapseMs(0);
    for (let minute = 0; minute < 4; minute += 1) {
      await clock.elapseMs(60_000);
      server.open[0]?.options.onEvent({ type: 'BOOKMARK', resourceVersion: `${minute + 2}` });
      expect(reflector.staleMs()).toBe(0);
    }
    expect(server.asked).toHaveLength(2);
  });

  it('watches on at once, from its last version, when a good watch ends in order', async () => {
    const { clock, server, reflector } = world();
    reflector.start();
    await clock.elapseMs(60_000);
    server.open[0]?.options.onEvent({ type: 'BOOKMARK', resourceVersion: '77' });
    server.open[0]?.end('ended');
    await clock.elapseMs(0);
    expect(server.open[1]?.options.resourceVersion).toBe('77');
    expect(server.count('list')).toBe(1);
    expect(server.asked.at(-1)?.atMs).toBe(60_000);
  });

  it('reads everything anew every ten minutes, however good its watches are', async () => {
    const { clock, server, reflector } = world();
    reflector.start();
    const endsAtMs: number[] = [];
    while (server.count('list') < 3) {
      await clock.elapseMs(1000);
      const watch = server.open.at(-1);
      watch?.options.onEvent({ type: 'BOOKMARK', resourceVersion: '9' });
      const openedAtMs = server.asked.at(-1)?.atMs ?? 0;
      if (clock.monotonicMs() - openedAtMs < (watch?.options.timeoutSeconds ?? 0) * 1000) continue;
      watch?.end('ended');
      endsAtMs.push(clock.monotonicMs());
    }
    const lists = server.asked.filter(({ what }) => what === 'list').map(({ atMs }) => atMs);
    expect(lists).toEqual([0, 600_000, 1_200_000]);
    expect(endsAtMs.length).toBeGreaterThan(4);
  });

  it('keeps its copy while a list cannot be read, and tells its age', async () => {
    const { clock, server, reflector } = world();
    server.items = [node('kept')];
    reflector.start();
    await clock.elapseMs(0);
    server.listEnd = broken;
    server.open[0]?.end('expired');
    await clock.elapseMs(30_000);
    expect(reflector.objects()).toEqual(server.items);
    expect(reflector.staleMs()).toBe(30_000);
    expect(reflector.problem()).toBe('the network broke');
    server.listEnd = 'expired';
    await clock.elapseMs(60_000);
    expect(reflector.problem()).toContain('forgotten');
    expect(reflector.objects()).toEqual(server.items);
  });

  it('keeps the wait that the server asks for', async () => {
    const { clock, server, reflector } = world();
    server.listEnd = new KubernetesError('unreachable', 'busy', { retryAfterMs: 20_000 });
    reflector.start();
    await clock.elapseMs(19_999);
    expect(server.count('list')).toBe(1);
    await clock.elapseMs(1);
    expect(server.count('list')).toBe(2);
  });

  it('starts its back-off again only after a watch that was good for a while', async () => {
    const { clock, server, reflector } = world();
    server.watchEnd = broken;
    reflector.start();
    await clock.elapseMs(120_000);
    server.watchEnd = null;
    const nextWatch = async () => {
      const before = server.open.length;
      while (server.open.length === before) await clock.elapseMs(100);
      return server.open.at(-1);
    };
    const brief = await nextWatch();
    await clock.elapseMs(5000);
    brief?.options.onEvent({ type: 'BOOKMARK', resourceVersion: '5' });
    brief?.end(broken);
    const failed = server.asked.length;
    await clock.elapseMs(14_900);
    expect(server.asked).toHaveLength(failed);
    const good = await nextWatch();
    await clock.elapseMs(10_000);
    good?.options.onEvent({ type: 'BOOKMARK', resourceVersion: '6' });
    good?.end(broken);
    await clock.elapseMs(500);
    expect(server.asked).toHaveLength(failed + 2);
  });

  it('stops in the middle of a pause or a watch, and leaves nothing waiting', async () => {
    const pausing = world();
    pausing.server.watchEnd = broken;
    pausing.reflector.start();
    await pausing.clock.elapseMs(50_000);
    await pausing.reflector.stop();
    expect(pausing.clock.waitingCount()).toBe(0);
    const watching = world();
    watching.reflector.start();
    await watching.clock.elapseMs(1000);
    await watching.reflector.stop();
    expect(watching.clock.waitingCount()).toBe(0);
  });
});
