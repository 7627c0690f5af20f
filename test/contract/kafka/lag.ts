import { describe, expect, it } from 'vitest';
import { encodeProgress } from '../../../services/shared/chunk/progress.ts';
import { record } from './bench.ts';
import type { CurrentBench } from './bench.ts';

export function lagContract(current: CurrentBench): void {
  describe('lag', () => {
    it('of a group that never committed is all that is there, and says so', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      await bench.send(record(topic, 'a'), record(topic, 'b'), record(topic, 'c'));
      await bench.harness.deleteBefore({ topic, partition: 0 }, 1);
      expect(await bench.lag(bench.named('group'), topic)).toEqual([
        {
          topic,
          partition: 0,
          logStart: 1,
          logEnd: 3,
          committed: null,
          settledAbove: 0,
          lost: 0,
          lag: 2,
        },
      ]);
    });

    it('counts neither what lies below the committed offset nor what is settled above it', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const [topic = ''] = options.workTopics;
      await bench.send(...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => record(topic, name)));
      const active = await bench.dispatch(options);
      await bench.until('an active member', () => active.isActive);
      const progress = { base: 1, settledAbove: new Set([3, 4]), failedAttempts: new Map() };
      const { metadata } = encodeProgress(progress);
      const offsets = [{ topic, partition: 0, offset: 1, metadata }];
      await active.term.settle({ outcomes: [], offsets });
      await bench.until('the progress', async () => {
        return (await bench.committed(options.group, topic)) === 1;
      });
      expect((await bench.lag(options.group, topic))[0]).toEqual({
        topic,
        partition: 0,
        logStart: 0,
        logEnd: 6,
        committed: 1,
        settledAbove: 2,
        lost: 0,
        lag: 3,
      });
      await bench.harness.deleteBefore({ topic, partition: 0 }, 4);
      // Gone are 1 and 2, which nobody settled, and 3, which was; 4 is settled, 5 is left.
      expect((await bench.lag(options.group, topic))[0]).toEqual({
        topic,
        partition: 0,
        logStart: 4,
        logEnd: 6,
        committed: 1,
        settledAbove: 2,
        lost: 2,
        lag: 1,
      });
    });

    it('is exactly 0 when all is settled, though the last thing in the log is a marker', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const [topic = ''] = options.workTopics;
      await bench.foreignTransaction('committed', record(topic, 'a'));
      await bench.foreignTransaction('aborted', record(topic, 'b'));
      const active = await bench.dispatch(options);
      const partition = { topic, partition: 0 };
      await bench.until('the end of intake', () => {
        return active.isActive && active.position(partition) === 4;
      });
      const offsets = [{ ...partition, offset: 4, metadata: '' }];
      await active.term.settle({ outcomes: [], offsets });
      await bench.until('no lag', async () => {
        return (await bench.lag(options.group, topic))[0]?.lag === 0;
      });
    });

    it('ends at what can be read: an open transaction is no work yet', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const group = bench.named('group');
      await bench.ensureGroupOffsets(group, [topic]);
      await bench.send(record(topic, 'a'));
      const transaction = await bench.harness.openTransaction([record(topic, 'b')]);
      expect((await bench.lag(group, topic))[0]).toMatchObject({ logEnd: 1, lag: 1 });
      await transaction.end('committed');
      await bench.until('the marker too', async () => {
        return (await bench.lag(group, topic))[0]?.logEnd === 3;
      });
    });
  });
}
