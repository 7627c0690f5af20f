import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { clusterFiles, missingBinaries, missingClusterFiles } from '../support/cluster-binaries.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';
import { missingFiles, sharedCrds } from '../support/shared-data.ts';
import {
  chartFolder,
  kubernetesVersion,
  leastValues,
  rendered,
  runProgram,
  template,
  valuesFiles,
} from './helm.ts';
import type { Ended } from './helm.ts';
import { schemaLocation, writeSchemas } from './manifest-schemas/write-schemas.ts';

const missing =
  missingBinaries(['helm', 'kubeconform']) ?? missingClusterFiles() ?? missingFiles([sharedCrds]);

describeUnlessMissing('the rendered chart', missing, () => {
  let schemas = '';

  beforeAll(async () => {
    schemas = await mkdtemp(join(tmpdir(), 'spillway-schemas-'));
    const kinds = new Set<string>();
    for (const values of valuesFiles) {
      for (const { kind } of await rendered(values)) kinds.add(kind);
    }
    const { swagger, kedaCrds, karpenterCrds } = clusterFiles();
    await writeSchemas(schemas, {
      swagger,
      crdFolders: [kedaCrds, karpenterCrds, sharedCrds],
      kinds,
    });
  });
  afterAll(async () => {
    await rm(schemas, { recursive: true, force: true });
  });

  const conforms = (manifests: string): Promise<Ended> =>
    runProgram(
      'kubeconform',
      ['-strict', '-summary', '-schema-location', join(schemas, schemaLocation), '-'],
      manifests,
    );

  it.each(valuesFiles)('%s passes Helm’s own lint', async (values) => {
    const words = ['lint', '--strict', chartFolder, '--values', values];
    const end = await runProgram('helm', [...words, '--kube-version', kubernetesVersion]);
    expect(end).toMatchObject({ exitCode: 0 });
  });

  it.each(valuesFiles)('%s gives only what the API server and the CRDs take', async (values) => {
    const { output } = await template(values);
    const end = await conforms(output);
    expect(end.output).toMatch(/^Summary: .* Invalid: 0, Errors: 0, Skipped: 0$/m);
    expect(end.exitCode).toBe(0);
  });

  it.each(['1.29.0', '1.34.0'])(
    'installs on Kubernetes %s, and not before 1.29',
    async (version) => {
      expect(await template(leastValues, ['--kube-version', version])).toMatchObject({
        exitCode: 0,
      });
      const early = await template(leastValues, ['--kube-version', '1.28.9']);
      expect(early.problems).toContain('incompatible');
    },
  );

  const broken: readonly [string, (text: string) => string][] = [
    ['an unknown key', (text) => text.replace('minReplicaCount', 'minReplicas')],
    ['a word for a number', (text) => text.replace(/replicas: \d+/, 'replicas: three')],
    ['a number for a word', (text) => text.replace(/clusterIP|name: metrics/, 'name: 7')],
    [
      'a key that must be there',
      (text) => text.replace(/^ +podSelector:\n( +)matchLabels/m, '$1x'),
    ],
  ];
  it.each(broken)('a manifest with %s would be refused', async (_, spoil) => {
    const [karpenter] = valuesFiles.filter((path) => basename(path) === 'karpenter.yaml');
    const { output } = await template(karpenter ?? '');
    const spoilt = spoil(output);
    expect(spoilt).not.toBe(output);
    expect((await conforms(spoilt)).exitCode).not.toBe(0);
  });

  it('a kind whose schema is not there would be refused, not passed over', async () => {
    const foreign = { apiVersion: 'example.com/v1', kind: 'Foreign', metadata: { name: 'a' } };
    expect((await conforms(stringify(foreign))).exitCode).not.toBe(0);
  });
});
