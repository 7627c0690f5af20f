import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectFolder } from '../../services/local/project-folder.ts';
import { missingBinaries } from '../support/cluster-binaries.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';
import { leastValues, ofKind, rendered } from './helm.ts';
import type { Manifest } from './helm.ts';

const pool = (name: string): object => ({
  name,
  nodesMax: 8,
  slots: 2,
  slotSpeed: 10,
  scale: { group: 'karpenter.sh', version: 'v1', plural: 'nodepools', name },
});

const withPools = (...names: readonly string[]): Promise<readonly Manifest[]> =>
  rendered({
    ...leastValues,
    autoscaling: { mode: 'keda' },
    gpuWorkers: { pools: names.map(pool) },
  });

function scaledObject(manifests: readonly Manifest[], name: string): Manifest {
  const found = ofKind(manifests, 'ScaledObject').find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`There is no ScaledObject ${name}.`);
  return found;
}

/** What installations set for themselves: addresses and limits. */
function withoutPlaces({ spec }: Manifest): unknown {
  const text = JSON.stringify(spec)
    .replaceAll(/"bootstrapServers":"[^"]*"/g, '"bootstrapServers":""')
    .replaceAll(/"scalerAddress":"[^"]*"/g, '"scalerAddress":""')
    .replaceAll(/"maxReplicaCount":\d+/g, '"maxReplicaCount":0');
  return JSON.parse(text);
}

describeUnlessMissing('the ScaledObjects of the chart', missingBinaries(['helm']), () => {
  it('are those of the manifests that are explained line by line', async () => {
    const manifests = await withPools('l4');
    const explained: Manifest = parse(
      await readFile(join(projectFolder(), 'keda/gpu-workers.yaml'), 'utf8'),
    );
    const made = scaledObject(manifests, 'spillway-gpu-worker-l4');
    expect(withoutPlaces(made)).toEqual(withoutPlaces(explained));
  });

  it('share what waits among the pools where the scaler does not answer', async () => {
    const formulaOf = (manifests: readonly Manifest[], name: string): string =>
      scaledObject(manifests, name)['spec'].advanced.scalingModifiers.formula;
    const one = await withPools('l4');
    const two = await withPools('l4', 'l40s');
    expect(formulaOf(one, 'spillway-gpu-worker-l4')).toContain('(live ?? 0) / 150 ');
    expect(formulaOf(two, 'spillway-gpu-worker-l4')).toContain('(live ?? 0) / 300 ');
    expect(formulaOf(two, 'spillway-cpu-worker')).toBe(formulaOf(one, 'spillway-cpu-worker'));
  });
});
