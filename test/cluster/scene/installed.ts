import { onTestFailed, onTestFinished } from 'vitest';
import { installedValues } from './installed-values.ts';
import type { InstalledOptions } from './installed-values.ts';
import { Release } from './release.ts';

/** A release for one test, removed after it; when the test fails, its pods' last lines are shown. */
export async function installed(namespace: string, options: InstalledOptions): Promise<Release> {
  const release = await Release.install(namespace, installedValues(options));
  onTestFailed(() => console.error(release.logs.tails()));
  onTestFinished(() => release.uninstall());
  return release;
}
