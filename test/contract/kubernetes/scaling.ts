import { describe, expect, it } from 'vitest';
import { clusterPoolType } from './harness.ts';
import { outcome, pool } from './bench.ts';
import type { CurrentBench } from './bench.ts';

export function scalingContract(current: CurrentBench): void {
  describe('scale', () => {
    it('tells how many are wanted and how many there are, zeros included', async () => {
      const bench = current();
      const target = await bench.put('pool', { spec: { replicas: 3 }, status: { replicas: 2 } });
      expect(await bench.api.readScale(target)).toMatchObject({ replicasDesired: 3, replicas: 2 });
      const empty = await bench.put('empty', { spec: { replicas: 0 } });
      expect(await bench.api.readScale(empty)).toMatchObject({ replicasDesired: 0, replicas: 0 });
    });

    it('is the same for objects of the whole cluster that count nodes', async () => {
      const bench = current();
      const target = bench.clusterTarget('pool');
      await bench.harness.put(
        clusterPoolType,
        pool(target.name, { spec: { replicas: 2 }, status: { nodes: 1 } }),
      );
      const read = await bench.api.readScale(target);
      expect(read).toMatchObject({ replicasDesired: 2, replicas: 1 });
      const { resourceVersion } = read;
      const written = await bench.api.writeScale(target, { replicas: 4, resourceVersion });
      expect(written).toMatchObject({ replicasDesired: 4, replicas: 1 });
    });

    it('is written at the version that was read, and gets another one', async () => {
      const bench = current();
      const target = await bench.put('pool');
      const { resourceVersion } = await bench.api.readScale(target);
      const written = await bench.api.writeScale(target, { replicas: 5, resourceVersion });
      expect(written.replicasDesired).toBe(5);
      expect(written.resourceVersion).not.toBe(resourceVersion);
      expect(await bench.api.readScale(target)).toEqual(written);
    });

    it('is refused at any other version, and stays as it is', async () => {
      const bench = current();
      const target = await bench.put('pool');
      const read = await bench.api.readScale(target);
      await bench.api.writeScale(target, { ...read, replicas: 5 });
      const second = bench.api.writeScale(target, { ...read, replicas: 9 });
      expect(await outcome(second)).toBe('conflict');
      expect(await bench.api.readScale(target)).toMatchObject({ replicasDesired: 5 });
    });

    it('is refused after any change of the object, not only of its size', async () => {
      const bench = current();
      const target = await bench.put('pool');
      const read = await bench.api.readScale(target);
      await bench.harness.patch(target, { metadata: { labels: { touched: 'yes' } } });
      expect(await outcome(bench.api.writeScale(target, { ...read, replicas: 5 }))).toBe(
        'conflict',
      );
    });

    it('keeps its version when one writes it again as it is: that fences nobody', async () => {
      const bench = current();
      const target = await bench.put('pool');
      const read = await bench.api.readScale(target);
      // The first writes may change the server's notes on who manages which field.
      const first = await bench.api.writeScale(target, { ...read, replicas: 1 });
      const second = await bench.api.writeScale(target, { ...first, replicas: 1 });
      expect(await bench.api.writeScale(target, { ...second, replicas: 1 })).toEqual(second);
    });

    it('takes no number below zero, and no object that is not there', async () => {
      const bench = current();
      const target = await bench.put('pool');
      const read = await bench.api.readScale(target);
      expect(await outcome(bench.api.writeScale(target, { ...read, replicas: -1 }))).toBe(
        'invalid',
      );
      const nobody = bench.target('nobody');
      expect(await outcome(bench.api.readScale(nobody))).toBe('not-found');
      expect(await outcome(bench.api.writeScale(nobody, { ...read, replicas: 1 }))).toBe(
        'not-found',
      );
    });
  });

  describe('annotations', () => {
    it('are set and removed one by one; all else stays as it is', async () => {
      const bench = current();
      const target = await bench.put('pool', {
        metadata: { name: 'pool', annotations: { theirs: 'kept', old: 'removed' } },
      });
      await bench.api.annotate(target, { ours: 'set', old: null });
      const found = (await bench.harness.list(bench.type)).get('pool');
      expect(found?.metadata.annotations).toEqual({ theirs: 'kept', ours: 'set' });
      expect(found?.spec).toEqual({ replicas: 1 });
      expect(await outcome(bench.api.annotate(bench.target('nobody'), { a: 'b' }))).toBe(
        'not-found',
      );
    });
  });
}
