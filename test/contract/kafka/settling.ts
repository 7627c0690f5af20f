import { describe, expect, it } from 'vitest';
import type { CommittedOffset, RoleSourceOptions } from '../../../services/shared/kafka/ports.ts';
import { codeOf, largeRecord, record } from './bench.ts';
import type { Bench, Dispatching, CurrentBench } from './bench.ts';

interface Scene {
  readonly options: RoleSourceOptions;
  readonly intake: string;
  readonly outcomes: string;
  readonly active: Dispatching;
}

/** Three chunks wait in intake, a dispatcher is active, outcomes of up to 20,000 bytes are taken. */
async function scene(bench: Bench): Promise<Scene> {
  const options = await bench.dispatcherTopics();
  const intake = options.workTopics[0] ?? '';
  const outcomes = await bench.createTopic('outcomes', {
    config: { 'max.message.bytes': '20000' },
  });
  await bench.send(record(intake, 'a'), record(intake, 'b'), record(intake, 'c'));
  const active = await bench.dispatch(options);
  await bench.until('three chunks', () => active.isActive && active.texts().length === 3);
  return { options, intake, outcomes, active };
}

const progress = (topic: string, offset: number, metadata = ''): CommittedOffset => ({
  topic,
  partition: 0,
  offset,
  metadata,
});

const committedIn = ({ active, intake }: Scene): CommittedOffset | undefined =>
  active.term.committed.find(({ topic, partition }) => topic === intake && partition === 0);

export function settlingContract(current: CurrentBench): void {
  describe('settling', () => {
    it('publishes outcomes and progress of intake and done together', async () => {
      const bench = current();
      const { active, outcomes, intake, options } = await scene(bench);
      await bench.send(record(options.reportTopic, 'd'));
      await active.term.settle({
        outcomes: [record(outcomes, 'A'), record(outcomes, 'B')],
        offsets: [progress(intake, 2), progress(options.reportTopic, 1)],
      });
      const following = await bench.follow(outcomes);
      await bench.until('the outcomes', () => following.texts().length === 2);
      expect(following.texts()).toEqual(['A', 'B']);
      // The broker may still write the markers of a transaction that it has acknowledged.
      await bench.until('the progress', async () => {
        const both = [
          await bench.committed(options.group, intake),
          await bench.committed(options.group, options.reportTopic),
        ];
        return both[0] === 2 && both[1] === 1;
      });
    });

    it('may publish progress alone, and does nothing when there is nothing', async () => {
      const bench = current();
      const { active, outcomes, intake, options } = await scene(bench);
      await active.term.settle({ outcomes: [], offsets: [] });
      expect(await bench.committed(options.group, intake)).toBe(0);
      await active.term.settle({ outcomes: [], offsets: [progress(intake, 1)] });
      await bench.until('the progress', async () => {
        return (await bench.committed(options.group, intake)) === 1;
      });
      const following = await bench.follow(outcomes);
      expect((await following.follower.readableEnds()).get(`${outcomes}/0`)).toBe(0);
      expect(active.terms.length).toBe(1);
    });

    it('keeps up to 4,096 bytes of metadata beside the offset, for the next active member', async () => {
      const bench = current();
      const { active, intake, options } = await scene(bench);
      const metadata = '1|'.padEnd(4096, 'x');
      await active.term.settle({ outcomes: [], offsets: [progress(intake, 1, metadata)] });
      await active.source.stop();
      const next = await bench.dispatch(options);
      await bench.until('the next active member', () => next.isActive);
      const found = next.term.committed.find(({ partition }) => partition === 0);
      expect(next.term.committed).toContainEqual(progress(intake, 1, metadata));
      expect(found).toBeDefined();
    });

    it('several times in a row lets the next active member see all of it, and nothing twice', async () => {
      const bench = current();
      const { active, outcomes, intake, options } = await scene(bench);
      let holder = active;
      for (const [index, name] of ['A', 'B', 'C'].entries()) {
        const standBy = await bench.dispatch(options);
        await bench.until('two members', async () => {
          return (await bench.harness.memberCount(options.group)) === 2;
        });
        await holder.term.settle({
          outcomes: [record(outcomes, name)],
          offsets: [progress(intake, index + 1)],
        });
        await holder.source.stop();
        await bench.until('the next active member', () => standBy.isActive);
        // Read after the producer was connected, so the last settle cannot be missing.
        expect(standBy.term.committed).toContainEqual(progress(intake, index + 1));
        holder = standBy;
      }
      const following = await bench.follow(outcomes);
      await bench.until('three outcomes', () => following.texts().length === 3);
      expect(following.texts()).toEqual(['A', 'B', 'C']);
    });

    it('takes outcomes that only together are above a topic’s limit', async () => {
      const bench = current();
      const { active, outcomes, intake } = await scene(bench);
      const many = Array.from({ length: 6 }, (_, index) =>
        largeRecord(outcomes, `O${index}`, 9_000),
      );
      await active.term.settle({ outcomes: many, offsets: [progress(intake, 3)] });
      const following = await bench.follow(outcomes);
      await bench.until('all outcomes', () => following.texts().length === many.length);
    });

    it('that fails publishes neither an outcome nor progress, and ends the term', async () => {
      const bench = current();
      const all = await scene(bench);
      const { active, outcomes, intake } = all;
      const { term } = active;
      const attempt = term.settle({
        outcomes: [record(outcomes, 'small'), largeRecord(outcomes, 'large', 30_000)],
        offsets: [progress(intake, 2)],
      });
      expect(await codeOf(attempt)).toBe('record-too-large');
      expect(term.isOwnershipFresh()).toBe(false);
      const again = term.settle({ outcomes: [record(outcomes, 'dead')], offsets: [] });
      expect(await codeOf(again)).not.toBe('none');
      await bench.until('a fresh term', () => active.term !== term);
      expect(active.isActive).toBe(true);
      expect(committedIn(all)?.offset).toBe(0);
      await bench.until('the chunks again', () => active.texts(active.term).length === 3);
      await active.term.settle({
        outcomes: [record(outcomes, 'after')],
        offsets: [progress(intake, 1)],
      });
      const following = await bench.follow(outcomes);
      await bench.until('the later outcome', () => following.texts().includes('after'));
      expect(following.texts()).toEqual(['after']);
      expect(active.strays).toBe(0);
    });

    it('is refused to a former active member, of whom nothing is published', async () => {
      const bench = current();
      const all = await scene(bench);
      const { active, outcomes, intake, options } = all;
      const { term } = active;
      // Another group, the same transactional id: it becomes active although the first one is.
      const group = bench.named('usurpers');
      await bench.ensureGroupOffsets(group, [intake, options.reportTopic]);
      const usurper = await bench.dispatch({ ...options, group });
      await bench.until('the usurper', () => usurper.isActive);
      const attempt = term.settle({
        outcomes: [record(outcomes, 'fenced')],
        offsets: [progress(intake, 3)],
      });
      expect(await codeOf(attempt)).toBe('fenced');
      await usurper.source.stop();
      // Its own group still gives it the partitions, so it begins a fresh term.
      await bench.until('a fresh term', () => active.term !== term);
      expect(committedIn(all)?.offset).toBe(0);
      await active.term.settle({ outcomes: [record(outcomes, 'after')], offsets: [] });
      const following = await bench.follow(outcomes);
      await bench.until('the later outcome', () => following.texts().includes('after'));
      expect(following.texts()).toEqual(['after']);
    });
  });
}
