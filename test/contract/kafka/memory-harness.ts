import { ManualClock, seededRandom } from '../../../services/shared/clock/manual.ts';
import { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import type { KafkaHarness } from './harness.ts';

const stepMs = 50;

/** The twin on a manual clock: waiting moves the clock, so hours cost nothing. */
export function memoryHarness(seed: number): KafkaHarness {
  const clock = new ManualClock(1_760_000_000_000);
  const kafka = new MemoryKafka({ clock, random: seededRandom(seed) });
  return {
    name: 'memory',
    clock,
    prefix: 'contract.',
    connect: () => kafka.connect(),
    letTimePass: () => clock.elapseMs(stepMs),
    openTransaction: (records) => {
      const end = kafka.openTransaction(records);
      return Promise.resolve({ end: (how) => Promise.resolve(end(how)) });
    },
    deleteBefore: (partition, offset) => Promise.resolve(kafka.deleteBefore(partition, offset)),
    memberCount: (group) => Promise.resolve(kafka.memberCount(group)),
    close: () => Promise.resolve(),
  };
}
