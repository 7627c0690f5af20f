import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { Bench } from './bench.ts';
import { followingContract } from './following.ts';
import type { KafkaHarness } from './harness.ts';
import { intakeContract } from './intake.ts';
import { laneContract } from './lane.ts';
import { lagContract } from './lag.ts';
import { sendingContract } from './sending.ts';
import { settlingContract } from './settling.ts';
import { topicContract } from './topic.ts';

/** All that any implementation of the Kafka ports must hold to. */
export function kafkaContract(name: string, open: () => Promise<KafkaHarness>): void {
  describe(`Kafka ports on ${name}`, () => {
    let harness: KafkaHarness | null = null;
    let bench: Bench | null = null;
    let count = 0;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(async () => {
      await harness?.close();
    });
    beforeEach(() => {
      if (harness === null) throw new Error(`${name} did not open.`);
      count += 1;
      bench = new Bench(harness, `t${count}`);
    });
    afterEach(async () => {
      await bench?.close();
    });
    const current = (): Bench => {
      if (bench === null) throw new Error('There is a bench only inside a test.');
      return bench;
    };
    topicContract(current);
    sendingContract(current);
    followingContract(current);
    intakeContract(current);
    settlingContract(current);
    laneContract(current);
    lagContract(current);
  });
}
