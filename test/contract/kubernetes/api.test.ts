import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { missingBinaries } from '../../support/cluster-binaries.ts';
import { describeUnlessMissing } from '../../support/describe-unless-missing.ts';
import { answerFaults } from './answers.ts';
import { openApiHarness } from './api-harness.ts';
import type { ApiHarness } from './api-harness.ts';
import { Bench } from './bench.ts';
import { kubernetesContract } from './suite.ts';
import { watchFaults } from './watch-faults.ts';

describeUnlessMissing('the Kubernetes adapter', missingBinaries(['etcd', 'kube-apiserver']), () => {
  let opened: ApiHarness | null = null;
  let bench: Bench | null = null;
  let count = 0;
  const harness = (): ApiHarness => {
    if (opened === null) throw new Error('The API server did not start.');
    return opened;
  };
  const current = (): Bench => {
    if (bench === null) throw new Error('There is a bench only inside a test.');
    return bench;
  };
  beforeAll(async () => {
    opened = await openApiHarness();
  });
  afterAll(async () => {
    await opened?.close();
  });

  kubernetesContract('a real API server', () =>
    // One server for all: only whoever started it ends it.
    Promise.resolve({ ...harness(), close: () => Promise.resolve() }),
  );

  describe('behind a proxy that does harm', () => {
    beforeEach(async () => {
      count += 1;
      bench = await new Bench(harness(), `faults-${count}`).open();
      harness().proxy.clear();
    });
    afterEach(async () => {
      harness().proxy.clear();
      await bench?.close();
    });
    answerFaults(harness, current);
    watchFaults(harness, current);
  });
});
