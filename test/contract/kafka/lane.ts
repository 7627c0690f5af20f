import { describe, expect, it } from 'vitest';
import { priorities } from '../../../services/shared/chunk/words.ts';
import type { Priority } from '../../../services/shared/chunk/words.ts';
import { laneHandicapMs, partitionKey } from '../../../services/shared/kafka/ports.ts';
import type { ReceivedRecord } from '../../../services/shared/kafka/ports.ts';
import { largeRecord, record, textOf } from './bench.ts';
import type { Bench, Working, CurrentBench } from './bench.ts';

interface Lanes {
  readonly group: string;
  readonly lanes: readonly { readonly priority: Priority; readonly topic: string }[];
  readonly topicOf: (priority: Priority) => string;
}

async function threeLanes(bench: Bench, partitions: number): Promise<Lanes> {
  const lanes = [];
  for (const priority of priorities) {
    const config = { 'message.timestamp.type': 'LogAppendTime' };
    lanes.push({ priority, topic: await bench.createTopic(priority, { partitions, config }) });
  }
  const group = bench.named('workers');
  await bench.ensureGroupOffsets(
    group,
    lanes.map(({ topic }) => topic),
  );
  return { group, lanes, topicOf: (priority) => bench.named(priority) };
}

const owned = ({ source }: Working): readonly string[] => source.partitions().map(partitionKey);

/** All members take until `count` records have been taken; returns them in order of taking. */
async function takeAll(
  bench: Bench,
  members: readonly Working[],
  count: number,
): Promise<readonly ReceivedRecord[]> {
  const taken: ReceivedRecord[] = [];
  await bench.until(`${count} records taken`, async () => {
    for (const { source } of members) {
      const next = await source.take();
      if (next === null) continue;
      taken.push(next);
      bench.report();
    }
    return taken.length >= count;
  });
  return taken;
}

export function laneContract(current: CurrentBench): void {
  describe('taking from lanes', () => {
    it('has committed a record before it hands it over', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 1);
      const live = topicOf('live');
      await bench.send(record(live, 'a'), record(live, 'b'));
      const worker = await bench.lanes(group, lanes);
      expect(textOf(await bench.take(worker))).toBe('a');
      expect(await bench.committed(group, live)).toBe(1);
      expect(textOf(await bench.take(worker))).toBe('b');
      expect(await bench.committed(group, live)).toBe(2);
    });

    it('lets live overtake what came shortly before it, but not what has waited longer', async () => {
      const bench = current();
      const { clock } = bench.harness;
      const { group, lanes, topicOf } = await threeLanes(bench, 1);
      await bench.send(record(topicOf('bulk'), 'waited'));
      const waitedAtMs = clock.monotonicMs() + laneHandicapMs.bulk + 300;
      await bench.until('its handicap is over', () => clock.monotonicMs() > waitedAtMs);
      await bench.send(
        ...priorities
          .toReversed()
          .flatMap((priority) => [
            record(topicOf(priority), `${priority}-1`),
            record(topicOf(priority), `${priority}-2`),
          ]),
      );
      const worker = await bench.lanes(group, lanes);
      await bench.until('something fetched', () => worker.source.hasWaiting());
      // Fetches of different lanes may arrive one after the other: begin when all are there.
      const fetchedAtMs = clock.monotonicMs() + 2000;
      await bench.until('all lanes fetched', () => clock.monotonicMs() > fetchedAtMs);
      const taken = await takeAll(bench, [worker], 7);
      const expected = priorities.flatMap((priority) => [`${priority}-1`, `${priority}-2`]);
      expect(taken.map(textOf)).toEqual(['waited', ...expected]);
    });

    it('gives null when nothing waits, and tells when something does', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 1);
      const worker = await bench.lanes(group, lanes);
      await bench.until('ownership', () => owned(worker).length === 3);
      expect(worker.source.hasWaiting()).toBe(false);
      expect(await worker.source.take()).toBeNull();
      await bench.send(record(topicOf('bulk'), 'a'));
      await bench.until('something to take', () => worker.source.hasWaiting());
      expect(textOf(await bench.take(worker))).toBe('a');
      expect(worker.source.hasWaiting()).toBe(false);
    });

    it('lets one record through that is larger than all that may lie ahead', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 1);
      const live = topicOf('live');
      await bench.send(largeRecord(live, 'a', 200_000), largeRecord(live, 'b', 200_000));
      const worker = await bench.lanes(group, lanes, 10_000);
      const taken = await takeAll(bench, [worker], 2);
      expect(taken.map((each) => textOf(each).slice(0, 1))).toEqual(['a', 'b']);
    });

    it('skips aborted records, and a key of four zero bytes changes nothing', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 1);
      const live = topicOf('live');
      const zeros = { ...record(live, 'zeros'), key: Buffer.alloc(4) };
      await bench.foreignTransaction('aborted', zeros, record(live, 'aborted'));
      await bench.send(record(live, 'a'), zeros);
      const worker = await bench.lanes(group, lanes);
      expect((await takeAll(bench, [worker], 2)).map(textOf)).toEqual(['a', 'zeros']);
    });
  });

  describe('workers that share lanes', () => {
    it('each own partitions of every lane, and no partition has two owners', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 2);
      const first = await bench.lanes(group, lanes);
      const second = await bench.lanes(group, lanes);
      await bench.until('three partitions each', () => {
        return owned(first).length === 3 && owned(second).length === 3;
      });
      const all = priorities.flatMap((priority) => [
        `${topicOf(priority)}/0`,
        `${topicOf(priority)}/1`,
      ]);
      expect([...owned(first), ...owned(second)].toSorted()).toEqual(all.toSorted());
      for (const { source } of [first, second]) {
        expect(new Set(source.partitions().map(({ topic }) => topic)).size).toBe(3);
      }
    });

    it('take each record once while one joins in the middle', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 2);
      const names = Array.from({ length: 30 }, (_, index) => `r${index}`);
      await bench.send(...names.map((name, index) => record(topicOf('live'), name, index % 2)));
      const first = await bench.lanes(group, lanes);
      const early = await takeAll(bench, [first], 5);
      const second = await bench.lanes(group, lanes);
      await bench.until('both own partitions', () => {
        return owned(first).length === 3 && owned(second).length === 3;
      });
      const late = await takeAll(bench, [first, second], 25);
      expect([...early, ...late].map(textOf).toSorted()).toEqual(names.toSorted());
    });

    it('take each record once even while the other joins during their takes', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 2);
      const names = Array.from({ length: 40 }, (_, index) => `r${index}`);
      await bench.send(...names.map((name, index) => record(topicOf('live'), name, index % 2)));
      const first = await bench.lanes(group, lanes);
      await bench.until('something to take', () => first.source.hasWaiting());
      const joining = bench.lanes(group, lanes);
      const early = await takeAll(bench, [first], 3);
      const late = await takeAll(bench, [first, await joining], 37);
      expect([...early, ...late].map(textOf).toSorted()).toEqual(names.toSorted());
    });

    it('leave what they have not taken to the others', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 2);
      const first = await bench.lanes(group, lanes);
      const second = await bench.lanes(group, lanes);
      await bench.until('both own partitions', () => {
        return owned(first).length === 3 && owned(second).length === 3;
      });
      const names = Array.from({ length: 8 }, (_, index) => `r${index}`);
      await bench.send(...names.map((name, index) => record(topicOf('live'), name, index % 2)));
      await bench.until('both have fetched', () => {
        return first.source.hasWaiting() && second.source.hasWaiting();
      });
      const early = await takeAll(bench, [first], 1);
      await first.source.stop();
      await first.source.stop();
      expect(owned(first)).toEqual([]);
      expect(await first.source.take()).toBeNull();
      const late = await takeAll(bench, [second], 7);
      expect([...early, ...late].map(textOf).toSorted()).toEqual(names.toSorted());
      expect(owned(second).length).toBe(6);
    });

    it('never give again what was taken, though its taker is gone', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 1);
      const live = topicOf('live');
      await bench.send(record(live, 'a'), record(live, 'b'));
      const first = await bench.lanes(group, lanes);
      expect(textOf(await bench.take(first))).toBe('a');
      await first.source.stop();
      const second = await bench.lanes(group, lanes);
      expect(textOf(await bench.take(second))).toBe('b');
    });

    it('go on at the start of the log when retention has taken what they had not', async () => {
      const bench = current();
      const { group, lanes, topicOf } = await threeLanes(bench, 1);
      const live = topicOf('live');
      await bench.send(record(live, 'a'), record(live, 'b'), record(live, 'c'));
      await bench.harness.deleteBefore({ topic: live, partition: 0 }, 2);
      const worker = await bench.lanes(group, lanes);
      expect(textOf(await bench.take(worker))).toBe('c');
      expect(worker.fatal).toEqual([]);
    });
  });
}
