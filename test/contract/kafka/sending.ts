import { describe, expect, it } from 'vitest';
import type { OutgoingRecord } from '../../../services/shared/kafka/ports.ts';
import { codeOf, largeRecord, record } from './bench.ts';
import type { CurrentBench } from './bench.ts';

export function sendingContract(current: CurrentBench): void {
  describe('sending', () => {
    it('reports where each record lies, in the order they were given', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic', { partitions: 2 });
      const sink = await bench.sink();
      const appended = await sink.send([
        record(topic, 'a', 1),
        record(topic, 'b', 0),
        record(topic, 'c', 1),
      ]);
      const expected = [
        { topic, partition: 1, offset: 0, appendedAtMs: null },
        { topic, partition: 0, offset: 0, appendedAtMs: null },
        { topic, partition: 1, offset: 1, appendedAtMs: null },
      ];
      expect(appended).toEqual(expected);
      expect(await bench.send(record(topic, 'd', 1))).toEqual([2]);
    });

    it('tells the broker’s time where the topic has it, the same that readers see', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic', {
        config: { 'message.timestamp.type': 'LogAppendTime' },
      });
      const [appended] = await (await bench.sink()).send([record(topic, 'a')]);
      expect(appended?.appendedAtMs).toBeTypeOf('number');
      const following = await bench.follow(topic);
      await bench.until('the record', () => following.texts().length === 1);
      const received = following.batches.flatMap(({ records }) => records);
      expect(received[0]?.timestampMs).toBe(appended?.appendedAtMs);
    });

    it('keeps key, value and headers byte for byte and in order: repeated names, empty and no values', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const sent: readonly OutgoingRecord[] = [
        {
          topic,
          partition: 0,
          key: Buffer.from([0, 255, 128]),
          value: Buffer.from([0xc3, 0x28, 0, 10]),
          headers: [
            ['name', Buffer.from('first')],
            ['other', Buffer.alloc(0)],
            ['name', Buffer.from([0xff, 0])],
          ],
        },
        { topic, partition: 0, key: Buffer.from('key'), value: null, headers: [] },
        { topic, partition: 0, key: null, value: Buffer.alloc(0), headers: [] },
      ];
      await bench.send(...sent);
      const following = await bench.follow(topic);
      const received = () => following.batches.flatMap(({ records }) => records);
      await bench.until('three records', () => received().length === 3);
      expect(received().map(({ key, value }) => [key, value])).toEqual(
        sent.map(({ key, value }) => [key, value]),
      );
      expect(received().map(({ headers }) => headers)).toEqual(sent.map(({ headers }) => headers));
    });

    it('puts equal keys into one partition and spreads records without a key', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic', { partitions: 2 });
      const sink = await bench.sink();
      const value = Buffer.from('v');
      const keyed = (name: string) => ({ topic, key: Buffer.from(name), value, headers: [] });
      const of = async (records: readonly OutgoingRecord[]): Promise<ReadonlySet<number>> =>
        new Set((await sink.send(records)).map(({ partition }) => partition));
      expect((await of([keyed('camera-1'), keyed('camera-1'), keyed('camera-1')])).size).toBe(1);
      const many = Array.from({ length: 40 }, (_, index) => keyed(`camera-${index}`));
      expect((await of(many)).size).toBe(2);
      const keyless = Array.from({ length: 40 }, () => ({ topic, key: null, value, headers: [] }));
      expect((await of(keyless)).size).toBe(2);
    });

    it('keeps the order of one partition over many calls', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic');
      const names = Array.from({ length: 60 }, (_, index) => `r${index}`);
      const sink = await bench.sink();
      const calls = [];
      for (let index = 0; index < names.length; index += 3) {
        calls.push(sink.send(names.slice(index, index + 3).map((name) => record(topic, name))));
      }
      const offsets = (await Promise.all(calls)).flat().map(({ offset }) => offset);
      expect(offsets).toEqual(names.map((_, index) => index));
      const following = await bench.follow(topic);
      await bench.until('all records', () => following.texts().length === names.length);
      expect(following.texts()).toEqual(names);
    });

    it('refuses a record above the topic’s limit and goes on with the next one', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic', { config: { 'max.message.bytes': '20000' } });
      expect(await codeOf(bench.send(largeRecord(topic, 'large', 30_000)))).toBe(
        'record-too-large',
      );
      expect(await codeOf(bench.send(largeRecord(topic, 'small', 10_000)))).toBe('none');
      const following = await bench.follow(topic);
      await bench.until('the small one', () => following.texts().length > 0);
      expect(following.texts().map((text) => text.slice(0, 5))).toEqual(['small']);
    });

    it('takes several records that only together are above the topic’s limit', async () => {
      const bench = current();
      const topic = await bench.createTopic('topic', { config: { 'max.message.bytes': '20000' } });
      const records = Array.from({ length: 8 }, (_, index) =>
        largeRecord(topic, `r${index}`, 9_000),
      );
      const offsets = await bench.send(...records);
      expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });
  });
}
