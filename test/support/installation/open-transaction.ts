import { inlineBytesDefault, sizeLimits } from '../../../services/shared/chunk/limits.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';
import { ClusterLink } from '../../../services/shared/kafka/kafkajs/cluster-link.ts';

const isolation = { readUncommitted: 0, readCommitted: 1 };
const latest = -1;

/** Whether the first partition of a topic holds records that wait for the end of their transaction. */
export async function hasOpenTransaction(
  brokers: readonly string[],
  topic: string,
): Promise<boolean> {
  const link = new ClusterLink(
    {
      brokers,
      ssl: false,
      sasl: null,
      clientId: 'spillway-test',
      clock: systemClock,
      random: systemRandom,
      log: () => undefined,
      limits: sizeLimits(inlineBytesDefault),
    },
    { requestTimeoutMs: 5000 },
  );
  await link.know([topic]);
  const broker = await link.anyBroker();
  const endAt = async (isolationLevel: number): Promise<number> => {
    const topics = [{ topic, partitions: [{ partition: 0, timestamp: latest }] }];
    const { responses } = await broker.listOffsets({ isolationLevel, topics });
    return Number(responses[0]?.partitions[0]?.offset);
  };
  // In this order: what is committed meanwhile makes the difference smaller, never larger.
  const end = await endAt(isolation.readUncommitted);
  const committedEnd = await endAt(isolation.readCommitted);
  await link.close();
  return committedEnd < end;
}
