import { describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../../../../services/shared/clock/system.ts';
import { MemoryKafka } from '../../../../../services/shared/kafka/memory/kafka.ts';
import type { ActiveTerm, ReadBatch } from '../../../../../services/shared/kafka/ports.ts';

describe('the twin on the machine’s own clock', () => {
  it('carries a chunk from intake to a settled outcome', async () => {
    const kafka = new MemoryKafka({ clock: systemClock, random: systemRandom });
    const connection = kafka.connect();
    const admin = await connection.topicAdmin();
    const topics = ['intake', 'done', 'outcomes'];
    await admin.ensure(
      topics.map((topic) => ({ topic, partitions: 1, replication: 1, config: {} })),
    );
    await admin.ensureGroupOffsets('dispatcher', ['intake', 'done']);
    const source = connection.roleSource({
      group: 'dispatcher',
      transactionalId: 'dispatcher',
      workTopics: ['intake'],
      reportTopic: 'done',
      sessionTimeoutMs: 6000,
    });
    const received = new Promise<{ term: ActiveTerm; batch: ReadBatch }>((resolve, reject) => {
      void source.start({
        onActive: () => undefined,
        onBatch: (term, batch) => {
          if (batch.records.length > 0) resolve({ term, batch });
        },
        onInactive: () => undefined,
        onLost: () => undefined,
        onFatal: reject,
      });
    });
    const record = { key: null, value: Buffer.from('a'), headers: [] };
    await (await connection.recordSink()).send([{ topic: 'intake', ...record }]);
    const { term, batch } = await received;
    await term.settle({
      outcomes: [{ topic: 'outcomes', ...record }],
      offsets: [{ topic: 'intake', partition: 0, offset: batch.nextOffset, metadata: '' }],
    });
    const lags = await (await connection.lagReader()).read('dispatcher', ['intake']);
    expect(lags.map(({ lag }) => lag)).toEqual([0]);
    expect(kafka.records('outcomes').length).toBe(1);
    await source.stop();
  });
});
