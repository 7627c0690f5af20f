import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Program } from '../../services/local/processes/program.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { runCli } from '../support/cli-run.ts';
import type { CliEnd } from '../support/cli-run.ts';
import { missingBinaries } from '../support/cluster-binaries.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';
import { dispatching, Installation, running } from '../support/installation/installation.ts';
import { ofKind, rendered } from './helm.ts';
import { environmentOf, podsOf } from './pods.ts';

describeUnlessMissing('helm test', missingBinaries(['helm']), () => {
  describeWithKafka('as the pod’s own command, on running programs', () => {
    const topicPrefix = uniqueTopicPrefix();
    let installation: Installation;
    let dispatcher: Program;

    /** The test pod's command, arguments and environment. */
    async function check(tests: object): Promise<CliEnd> {
      const values = { kafka: { brokers: kafkaAddresses() }, topicPrefix, tests };
      const [pod] = podsOf(ofKind(await rendered(values), 'Pod'));
      const [container] = pod?.spec.containers ?? [];
      if (container === undefined) throw new Error('The chart renders no test pod.');
      const [program, main, ...words] = container.command;
      expect([program, main]).toEqual(['node', 'dist/services/cli/main.js']);
      return runCli([...words, ...(container.args ?? [])], environmentOf(container));
    }

    beforeAll(async () => {
      installation = await Installation.open({ brokers: kafkaAddresses(), prefix: topicPrefix });
    });
    afterAll(async () => {
      await installation.stop();
    });

    test('fails while nothing runs, and says what is missing', async () => {
      const end = await check({ timeoutSeconds: 1 });
      expect(end.exitCode).toBe(1);
      expect(end.output).toEqual([
        expect.stringContaining('no dispatcher has ever spoken'),
        expect.stringContaining('no scaler has ever spoken'),
        expect.stringContaining('0 workers are ready'),
      ]);
    });

    test('passes once dispatcher, scaler and a worker with a loaded model are there', async () => {
      const checking = check({ timeoutSeconds: 60 });
      dispatcher = installation.startDispatcher();
      const worker = installation.startWorker();
      const scaler = installation.startScaler('scaler', { SPILLWAY_TICK_SECONDS: '1' });
      await Promise.all([dispatching(dispatcher), running(worker), running(scaler)]);
      const end = await checking;
      expect(end.output.map((line) => line.slice(0, 3))).toEqual(['ok ', 'ok ', 'ok ']);
      expect(end.exitCode).toBe(0);
    });

    test('fails when there are fewer workers than are asked for', async () => {
      const end = await check({ timeoutSeconds: 1, workersMin: 2 });
      expect(end.exitCode).toBe(1);
      expect(end.output.at(-1)).toContain('fewer than 2');
    });
  });
});
