import { describe, expect, it } from 'vitest';
import { ManualClock, seededRandom } from '../../../../../services/shared/clock/manual.ts';
import {
  memoryClusters,
  MemoryKubernetes,
} from '../../../../../services/shared/kubernetes/memory/kubernetes.ts';
import { KubernetesError } from '../../../../../services/shared/kubernetes/ports.ts';

const type = { group: 'apps', version: 'v1', plural: 'deployments', namespace: 'video' };
const target = { ...type, name: 'gpu' };

function world() {
  const clock = new ManualClock(1_760_000_000_000);
  const kubernetes = new MemoryKubernetes({ clock, random: seededRandom(3) });
  kubernetes.put(type, { metadata: { name: 'gpu' }, spec: { replicas: 1 } });
  return { clock, kubernetes, program: kubernetes.connect() };
}

const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof KubernetesError ? error.code : 'another error'),
  );

describe('the twin of a cluster', () => {
  it('fails the calls that it is told to, as often as it is told to', async () => {
    const { program } = world();
    program.faults.fail({ verbs: ['get'], code: 'forbidden', times: 1 });
    expect(await codeOf(program.readScale(target))).toBe('forbidden');
    expect(await codeOf(program.readScale(target))).toBe('done');
    program.faults.fail({ code: 'unreachable' });
    expect(await codeOf(program.annotate(target, {}))).toBe('unreachable');
    expect(await codeOf(program.readScale(target))).toBe('unreachable');
    program.faults.recover();
    expect(await codeOf(program.readScale(target))).toBe('done');
    expect(program.faults.requests().map(({ verb }) => verb)).toEqual([
      'get',
      'get',
      'patch',
      'get',
      'get',
    ]);
  });

  it('can do a write and lose its answer', async () => {
    const { program } = world();
    const read = await program.readScale(target);
    program.faults.fail({ verbs: ['update'], code: 'unreachable', times: 1, isApplied: true });
    expect(await codeOf(program.writeScale(target, { ...read, replicas: 8 }))).toBe('unreachable');
    expect(await program.readScale(target)).toMatchObject({ replicasDesired: 8 });
  });

  it('harms one program and not the others', async () => {
    const { kubernetes, program, clock } = world();
    const other = kubernetes.connect();
    program.faults.silence('everything');
    const asked = codeOf(program.readScale(target));
    expect(await codeOf(other.readScale(target))).toBe('done');
    await clock.elapseMs(10_000);
    expect(await asked).toBe('unreachable');
  });

  it('can let watches hang half open: the copy ages, and is read anew after 90 s', async () => {
    const { kubernetes, program, clock } = world();
    const reflection = program.reflect({ type });
    reflection.start();
    await clock.elapseMs(0);
    program.faults.silence('watches');
    kubernetes.put(type, { metadata: { name: 'missed' } });
    await clock.elapseMs(89_000);
    expect(reflection.objects()).toHaveLength(1);
    expect(reflection.staleMs()).toBe(89_000);
    await clock.elapseMs(2000);
    expect(reflection.objects()).toHaveLength(2);
    await program.close();
  });

  it('can forget what changed, end watches and break them; copies stay right', async () => {
    const { kubernetes, program, clock } = world();
    const reflection = program.reflect({ type });
    reflection.start();
    await clock.elapseMs(0);
    program.faults.silence('watches');
    kubernetes.patch(target, { spec: { replicas: 5 } });
    kubernetes.forgetChanges();
    program.faults.recover();
    await clock.elapseMs(1000);
    expect(reflection.objects()).toEqual(kubernetes.list(type));
    for (const how of ['in order', 'broken'] as const) {
      program.faults.endWatches(how);
      kubernetes.patch(target, { metadata: { labels: { ended: how.replace(' ', '-') } } });
      await clock.elapseMs(5000);
      expect(reflection.objects()).toEqual(kubernetes.list(type));
    }
    kubernetes.remove(target);
    expect(kubernetes.find(target)).toBeNull();
    expect(reflection.objects()).toEqual([]);
    await program.close();
  });

  it('keeps a reflection current for hours where nothing happens', async () => {
    const { program, clock } = world();
    const reflection = program.reflect({ type });
    reflection.start();
    await clock.elapseMs(7_200_000);
    expect(reflection.staleMs()).toBeLessThanOrEqual(60_000);
    expect(reflection.problem()).toBeNull();
    const lists = program.faults.requests().filter(({ verb }) => verb === 'list');
    expect(lists.length).toBe(13);
    await program.close();
  });

  it('stands for the contexts of a kubeconfig', async () => {
    const { program } = world();
    const clusters = memoryClusters({ '': program, edge: program });
    expect(clusters.cluster(null)).toBe(program);
    expect(clusters.cluster('edge')).toBe(program);
    expect(() => clusters.cluster('absent')).toThrow('no context "absent"');
    await clusters.close();
  });
});
