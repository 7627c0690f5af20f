import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManualClock, seededRandom } from '../../../../../services/shared/clock/manual.ts';
import { kubernetesClusters } from '../../../../../services/shared/kubernetes/api/clusters.ts';
import { temporaryFolder } from '../../../../support/program-file.ts';

const named = (name: string, server: string) => ({
  cluster: { name, cluster: { server } },
  context: { name, context: { cluster: name, user: name } },
  user: { name, user: {} },
});

function clustersOf(file: string) {
  const clock = new ManualClock(0);
  return kubernetesClusters({ clock, random: seededRandom(1), kubeconfigFile: file });
}

function kubeconfig(names: readonly string[], current: string | null): string {
  const file = join(temporaryFolder(), 'kubeconfig');
  const parts = names.map((name) => named(name, `https://${name}.example:6443`));
  const config = {
    clusters: parts.map(({ cluster }) => cluster),
    contexts: parts.map(({ context }) => context),
    users: parts.map(({ user }) => user),
    ...(current === null ? {} : { 'current-context': current }),
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

describe('the clusters of a kubeconfig', () => {
  it('are one each by context, and connect to nothing before they are asked', async () => {
    const clusters = clustersOf(kubeconfig(['edge', 'core'], 'core'));
    const edge = clusters.cluster('edge');
    expect(clusters.cluster('edge')).toBe(edge);
    expect(clusters.cluster(null)).not.toBe(edge);
    await clusters.close();
  });

  it('are named when a context is none of them', () => {
    const clusters = clustersOf(kubeconfig(['edge', 'core'], 'core'));
    expect(() => clusters.cluster('cloud')).toThrow('no context "cloud", but edge, core');
  });

  it('need a context that is the current one, unless one is named', () => {
    const clusters = clustersOf(kubeconfig(['edge'], null));
    expect(() => clusters.cluster(null)).toThrow('There is no cluster to ask');
    expect(() => clusters.cluster('edge')).not.toThrow();
  });

  it('are told to be unreadable with the file’s name', () => {
    const file = join(temporaryFolder(), 'absent');
    const clusters = clustersOf(file);
    expect(() => clusters.cluster(null)).toThrow(file);
  });
});
