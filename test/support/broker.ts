import { basename } from 'node:path';
import { expect, inject } from 'vitest';
import { systemRandom } from '../../services/shared/clock/system.ts';
import { describeUnlessMissing } from './describe-unless-missing.ts';
import type { KafkaForTests } from './kafka-setup.ts';

/**
 * The broker that all test files of a run share.
 *
 * @throws Error when there is none: such a test belongs into `describeWithKafka`.
 */
export function kafkaAddresses(): readonly string[] {
  const kafka = injectKafka();
  if (kafka.missing !== null) throw new Error(`this run has no Kafka: ${kafka.missing}`);
  return kafka.addresses;
}

/** A suite that needs the shared broker; it counts as skipped on a machine that cannot have one. */
export function describeWithKafka(name: string, body: () => void): void {
  describeUnlessMissing(name, injectKafka().missing, body);
}

/**
 * A suite that starts brokers of its own, to kill or pause them. It needs Java and Kafka's files
 * even where the shared broker is a reader's own.
 */
export function describeWithLocalKafka(name: string, body: () => void): void {
  describeUnlessMissing(name, injectKafka().localMissing, body);
}

/**
 * A prefix for topics, groups and transactional ids that no other file and no other run uses, since
 * the broker may be a reader's own and outlive the run. Call it inside a test or a hook.
 */
export function uniqueTopicPrefix(): string {
  const file = basename(expect.getState().testPath ?? 'test').replace(/\.test\.ts$/, '');
  return `test-${file}-${systemRandom.unique().slice(0, 8)}.`;
}

function injectKafka(): KafkaForTests {
  // Typed as always there, yet absent when the run was started without our configuration.
  const kafka: KafkaForTests | undefined = inject('kafka');
  if (kafka === undefined) {
    throw new Error(
      'tests with Kafka need the set-up of test/vitest.config.ts: ' +
        'run npx vitest run --config test/vitest.config.ts --project integration',
    );
  }
  return kafka;
}
