import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { Bench } from './bench.ts';
import type { KubernetesHarness } from './harness.ts';
import { reflectingContract } from './reflecting.ts';
import { scalingContract } from './scaling.ts';

/** All that any implementation of the Kubernetes port must hold to. */
export function kubernetesContract(name: string, open: () => Promise<KubernetesHarness>): void {
  describe(`Kubernetes port on ${name}`, () => {
    let harness: KubernetesHarness | null = null;
    let bench: Bench | null = null;
    let count = 0;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(async () => {
      await harness?.close();
    });
    beforeEach(async () => {
      if (harness === null) throw new Error(`${name} did not open.`);
      count += 1;
      bench = await new Bench(harness, `contract-${count}`).open();
    });
    afterEach(async () => {
      await bench?.close();
    });
    const current = (): Bench => {
      if (bench === null) throw new Error('There is a bench only inside a test.');
      return bench;
    };
    scalingContract(current);
    reflectingContract(current);
  });
}
