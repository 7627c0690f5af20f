import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../services/shared/clock/manual.ts';
import { names } from './bench.ts';
import type { Bench, CurrentBench } from './bench.ts';

export function reflectingContract(current: CurrentBench): void {
  describe('a reflection', () => {
    it('knows nothing before it has listed, and says so', async () => {
      const bench = current();
      await bench.put('pool');
      const reflection = bench.api.reflect({ type: bench.type });
      expect(reflection.objects()).toEqual([]);
      expect(reflection.staleMs()).toBe(Number.POSITIVE_INFINITY);
      expect(reflection.problem()).toContain('workshops');
      const started = await bench.reflected();
      expect(started.problem()).toBeNull();
      expect(names(started)).toEqual(['pool']);
      expect(started.staleMs()).toBeLessThan(1000);
    });

    it('reads lists of any length, page by page', async () => {
      const bench = current();
      for (const name of ['a', 'b', 'c', 'd', 'e']) await bench.put(name);
      const reflection = await bench.reflected({ reflector: { pageObjects: 2 } });
      expect(names(reflection)).toEqual(['a', 'b', 'c', 'd', 'e']);
      await bench.untilEqual(reflection);
    });

    it('follows what is made, changed and removed', async () => {
      const bench = current();
      const reflection = await bench.reflected();
      const target = await bench.put('pool');
      await bench.until('the new one', () => names(reflection).includes('pool'));
      await bench.harness.patch(target, { spec: { replicas: 7 } });
      await bench.until('the change', () => JSON.stringify(reflection.objects()).includes('7}'));
      await bench.untilEqual(reflection);
      await bench.harness.remove(target);
      await bench.until('the removal', () => names(reflection).length === 0);
    });

    it('holds only what fits its selector, by the labels of the moment', async () => {
      const bench = current();
      await bench.put('ours', { metadata: { name: 'ours', labels: { pool: 'gpu' } } });
      await bench.put('theirs', { metadata: { name: 'theirs', labels: { pool: 'other' } } });
      await bench.put('bare');
      const reflection = await bench.reflected({ labelSelector: 'pool=gpu' });
      expect(names(reflection)).toEqual(['ours']);
      const move = (name: string, pool: string | null): Promise<void> =>
        bench.harness.patch(bench.target(name), { metadata: { labels: { pool } } });
      await move('bare', 'gpu');
      await bench.until('the one that came to fit', () => names(reflection).length === 2);
      await move('ours', null);
      await bench.until('the one that fits no more', () => names(reflection).length === 1);
      expect(names(reflection)).toEqual(['bare']);
    });

    it('does not see other namespaces', async () => {
      const bench = current();
      const other = `${bench.type.namespace}-other`;
      await bench.harness.createNamespace(other);
      const type = { ...bench.type, namespace: other };
      await bench.harness.put(type, { metadata: { name: 'elsewhere' }, spec: { replicas: 1 } });
      await bench.put('here');
      expect(names(await bench.reflected())).toEqual(['here']);
    });

    it('equals a fresh list after many changes', async () => {
      const bench = current();
      const reflection = await bench.reflected();
      await changeMuch(bench, 60);
      await bench.untilEqual(reflection);
    });

    it('changes no more once it has stopped', async () => {
      const bench = current();
      const reflection = await bench.reflected();
      const witness = await bench.reflected();
      await reflection.stop();
      await bench.put('late');
      await bench.until('the witness', () => names(witness).length === 1);
      expect(names(reflection)).toEqual([]);
    });
  });
}

/** Makes, changes and removes at random; the seed is in the message of a failure. */
export async function changeMuch(bench: Bench, changes: number, seed = 7): Promise<void> {
  const random = seededRandom(seed);
  const present = new Set<string>();
  for (let index = 0; index < changes; index += 1) {
    const name = `pool-${Math.floor(random.next() * 12)}`;
    const replicas = index + 2;
    if (!present.has(name)) {
      await bench.put(name, { spec: { replicas } });
      present.add(name);
    } else if (random.next() < 0.3) {
      await bench.harness.remove(bench.target(name));
      present.delete(name);
    } else {
      await bench.harness.patch(bench.target(name), { spec: { replicas } });
    }
  }
}
