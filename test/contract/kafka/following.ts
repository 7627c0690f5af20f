import { describe, expect, it } from 'vitest';
import type { ReadBatch } from '../../../services/shared/kafka/ports.ts';
import { record } from './bench.ts';
import type { Following, CurrentBench } from './bench.ts';

const position = ({ batches }: Following): number => batches.at(-1)?.nextOffset ?? 0;

/** Every batch begins where the one before it ended. */
function expectNoGaps(batches: readonly ReadBatch[]): void {
  for (const [index, batch] of batches.entries()) {
    const before = batches[index - 1];
    if (before !== undefined) expect(batch.fromOffset).toBe(before.nextOffset);
  }
}

export function followingContract(current: CurrentBench): void {
  describe('following', () => {
    it('from the beginning reads everything, in order and without gaps', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      await bench.send(record(topic, 'a'), record(topic, 'b'));
      const following = await bench.follow(topic);
      await bench.until('two records', () => following.texts().length === 2);
      await bench.send(record(topic, 'c'));
      await bench.until('three records', () => following.texts().length === 3);
      expect(following.texts()).toEqual(['a', 'b', 'c']);
      expectNoGaps(following.batches);
    });

    it('from the end reads only, but all of, what comes after the start', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic', { partitions: 2 });
      await bench.send(record(topic, 'old', 0), record(topic, 'old', 1));
      const following = await bench.follow(topic, 'end');
      await bench.send(record(topic, 'new-0', 0), record(topic, 'new-1', 1));
      await bench.until('both records', () => following.texts().length >= 2);
      expect([...following.texts()].toSorted()).toEqual(['new-0', 'new-1']);
    });

    it('from a time reads what was appended at or after it, in each partition', async () => {
      const bench = current();
      const config = { 'message.timestamp.type': 'LogAppendTime' };
      const topic = await bench.createTopic('topic', { partitions: 2, config });
      const sink = await bench.sink();
      const [early] = await sink.send([record(topic, 'early', 0)]);
      await bench.until('the clock has moved on', () => {
        return bench.harness.clock.nowMs() > (early?.appendedAtMs ?? Infinity) + 50;
      });
      const [late] = await sink.send([record(topic, 'late', 0)]);
      const sinceMs = late?.appendedAtMs ?? Infinity;
      const following = await bench.follow(topic, { sinceMs });
      await bench.send(record(topic, 'new', 1));
      await bench.until('both records', () => following.texts().length >= 2);
      expect([...following.texts()].toSorted()).toEqual(['late', 'new']);
    });

    it('is told at least every second that it is caught up, though nothing comes', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      await bench.send(record(topic, 'a'));
      const following = await bench.follow(topic);
      await bench.until('five answers at the end', () => {
        return following.batches.filter(({ caughtUp }) => caughtUp).length >= 5;
      });
      const idle = following.batches.filter(({ records }) => records.length === 0);
      expect(idle.every(({ caughtUp, nextOffset }) => caughtUp && nextOffset === 1)).toBe(true);
      const askedAtMs = following.batches.map((batch) => batch.askedAtMs);
      for (const [index, asked] of askedAtMs.entries()) {
        const before = askedAtMs[index - 1] ?? asked;
        // Half a second of tolerance for a busy machine.
        expect(asked - before).toBeLessThanOrEqual(1500);
        expect(asked).toBeGreaterThanOrEqual(before);
      }
    });

    it('has everything that was there when it asked, once it says that it is caught up', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const following = await bench.follow(topic);
      for (const name of ['a', 'b', 'c']) {
        const [offset = -1] = await bench.send(record(topic, name));
        const acknowledgedAtMs = bench.harness.clock.monotonicMs();
        const later = (): ReadBatch | undefined =>
          following.batches.find(
            ({ caughtUp, askedAtMs }) => caughtUp && askedAtMs > acknowledgedAtMs,
          );
        await bench.until('an answer to a later question', () => later() !== undefined);
        expect(later()?.nextOffset).toBeGreaterThan(offset);
      }
    });

    it('moves its position past the markers of transactions, up to the readable end', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const following = await bench.follow(topic);
      await bench.foreignTransaction('committed', record(topic, 'a'));
      await bench.until('the end behind the marker', () => position(following) === 2);
      expect(following.texts()).toEqual(['a']);
      expect(await following.follower.readableEnds()).toEqual(new Map([[`${topic}/0`, 2]]));
      expectNoGaps(following.batches);
    });

    it('never shows aborted records, and still reaches the end behind them', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const zeros = { ...record(topic, 'aborted-zeros'), key: Buffer.alloc(4) };
      await bench.foreignTransaction('aborted', record(topic, 'aborted-1'), zeros);
      await bench.foreignTransaction('aborted', record(topic, 'aborted-2'));
      await bench.foreignTransaction('aborted', zeros, record(topic, 'aborted-3'));
      const following = await bench.follow(topic);
      await bench.until('the end behind three aborts', () => position(following) === 8);
      await bench.send(record(topic, 'after'));
      await bench.until('the record after them', () => following.texts().length > 0);
      expect(following.texts()).toEqual(['after']);
      expectNoGaps(following.batches);
    });

    it('shows committed records whose key is four zero bytes', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const zeros = { ...record(topic, 'zeros'), key: Buffer.alloc(4) };
      await bench.foreignTransaction('aborted', record(topic, 'aborted'));
      await bench.foreignTransaction('committed', zeros, record(topic, 'beside'));
      await bench.send(zeros);
      const following = await bench.follow(topic);
      await bench.until('three records', () => following.texts().length === 3);
      expect(following.texts()).toEqual(['zeros', 'beside', 'zeros']);
    });

    it('tells apart two transactions that lie interleaved in one partition', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const kept = await bench.harness.openTransaction([record(topic, 'kept')]);
      const dropped = await bench.harness.openTransaction([record(topic, 'dropped')]);
      await dropped.end('aborted');
      await kept.end('committed');
      const following = await bench.follow(topic);
      await bench.until('the end behind both', () => position(following) === 4);
      expect(following.texts()).toEqual(['kept']);
    });

    it('shows nothing behind an open transaction before it has ended', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const following = await bench.follow(topic);
      const transaction = await bench.harness.openTransaction([record(topic, 'inside')]);
      await bench.send(record(topic, 'behind'));
      const askedAtMs = bench.harness.clock.monotonicMs();
      await bench.until('an answer to a later question', () =>
        following.batches.some((batch) => batch.askedAtMs > askedAtMs),
      );
      expect(following.texts()).toEqual([]);
      expect((await following.follower.readableEnds()).get(`${topic}/0`)).toBe(0);
      await transaction.end('committed');
      await bench.until('both records', () => following.texts().length === 2);
      expect(following.texts()).toEqual(['inside', 'behind']);
    });

    it('skips what retention took away', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      await bench.send(record(topic, 'a'), record(topic, 'b'), record(topic, 'c'));
      await bench.harness.deleteBefore({ topic, partition: 0 }, 2);
      const following = await bench.follow(topic);
      await bench.until('what is left', () => following.texts().length > 0);
      expect(following.texts()).toEqual(['c']);
    });

    it('hears nothing more once it has stopped', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const stopped = await bench.follow(topic);
      const going = await bench.follow(topic);
      await stopped.follower.stop();
      const heard = stopped.batches.length;
      await bench.send(record(topic, 'after'));
      await bench.until('the other one hears it', () => going.texts().length === 1);
      expect(stopped.batches.length).toBe(heard);
    });
  });
}
