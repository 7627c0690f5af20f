import { describe, expect, it } from 'vitest';
import { codeOf, record, sessionTimeoutMs } from './bench.ts';
import type { Bench, Dispatching, CurrentBench } from './bench.ts';
import type { RoleSourceOptions } from '../../../services/shared/kafka/ports.ts';

const intakeOf = ({ workTopics }: RoleSourceOptions): string => workTopics[0] ?? '';

async function activeOf(bench: Bench, options: RoleSourceOptions): Promise<Dispatching> {
  const dispatching = await bench.dispatch(options);
  await bench.until('an active member', () => dispatching.isActive);
  return dispatching;
}

async function standingBy(
  bench: Bench,
  options: RoleSourceOptions,
  members: number,
): Promise<Dispatching> {
  const dispatching = await bench.dispatch(options);
  await bench.until(`${members} members`, async () => {
    return (await bench.harness.memberCount(options.group)) === members;
  });
  return dispatching;
}

export function intakeContract(current: CurrentBench): void {
  describe('the active member', () => {
    it('learns the committed offsets of all partitions, and the ends of done', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const intake = intakeOf(options);
      await bench.send(record(options.reportTopic, 'd'));
      await bench.foreignTransaction('committed', record(options.reportTopic, 'e'));
      const { term } = await activeOf(bench, options);
      expect(term.term).toMatch(/^[a-z0-9]{1,40}$/);
      const committed = [...term.committed].toSorted((a, b) =>
        `${a.topic}/${a.partition}`.localeCompare(`${b.topic}/${b.partition}`),
      );
      expect(committed).toEqual([
        { topic: options.reportTopic, partition: 0, offset: 0, metadata: '' },
        { topic: intake, partition: 0, offset: 0, metadata: '' },
        { topic: intake, partition: 1, offset: 0, metadata: '' },
      ]);
      expect(term.reportEnds).toEqual(new Map([[`${options.reportTopic}/0`, 3]]));
    });

    it('reads intake and done from the committed offsets on, each record once, in order', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const intake = intakeOf(options);
      await bench.send(
        record(intake, 'a'),
        record(intake, 'b', 1),
        record(options.reportTopic, 'd'),
      );
      const dispatching = await activeOf(bench, options);
      await bench.send(record(intake, 'c'), record(options.reportTopic, 'e'));
      await bench.until('five records', () => dispatching.texts().length >= 5);
      expect([...dispatching.texts()].toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
      const { batches } = dispatching;
      for (const topic of [intake, options.reportTopic]) {
        const first = batches.filter(({ batch }) => batch.topic === topic && batch.partition === 0);
        for (const [index, { batch }] of first.entries()) {
          expect(batch.fromOffset).toBe(first[index - 1]?.batch.nextOffset ?? 0);
        }
      }
    });

    it('moves past markers and aborted records, and is never shown an aborted one', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const intake = intakeOf(options);
      const zeros = { ...record(intake, 'aborted-zeros'), key: Buffer.alloc(4) };
      await bench.foreignTransaction('aborted', zeros, record(intake, 'aborted'));
      await bench.foreignTransaction('committed', record(intake, 'kept'));
      const dispatching = await activeOf(bench, options);
      const partition = { topic: intake, partition: 0 };
      await bench.until('the end behind both', () => dispatching.position(partition) === 5);
      expect(dispatching.texts()).toEqual(['kept']);
    });

    it('is told within moments that it has read done to its end, and again while it idles', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      await bench.send(record(options.reportTopic, 'd'));
      const dispatching = await activeOf(bench, options);
      const confirmedAtMs = (): number =>
        dispatching.batches.findLast(
          ({ batch }) => batch.topic === options.reportTopic && batch.caughtUp,
        )?.batch.askedAtMs ?? -1;
      await bench.until('the end of done', () => confirmedAtMs() >= 0);
      const firstAtMs = bench.harness.clock.monotonicMs();
      await bench.until('a later confirmation', () => confirmedAtMs() > firstAtMs);
      expect(confirmedAtMs() - firstAtMs).toBeLessThan(2000);
    });

    it('stops reading a paused partition, goes on with the others, and resumes without a gap', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const intake = intakeOf(options);
      const paused = { topic: intake, partition: 0 };
      const dispatching = await activeOf(bench, options);
      await bench.send(record(intake, 'before'));
      await bench.until('the first record', () => dispatching.texts().length === 1);
      dispatching.term.pause(paused);
      // One fetch may still be under way: the answer to the next one is seen on the other partition.
      await bench.send(record(intake, 'other-1', 1));
      await bench.until('the other partition', () => dispatching.texts().includes('other-1'));
      await bench.send(record(intake, 'held'));
      await bench.send(record(intake, 'other-2', 1));
      await bench.until('the other partition', () => dispatching.texts().includes('other-2'));
      expect(dispatching.texts()).not.toContain('held');
      dispatching.term.resume(paused);
      await bench.until('the held record', () => dispatching.texts().includes('held'));
      expect(dispatching.texts().filter((text) => text === 'before')).toEqual(['before']);
    });

    it('is told which offsets are lost when retention was faster, and reads on behind them', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const intake = intakeOf(options);
      await bench.send(...['a', 'b', 'c', 'd'].map((name) => record(intake, name)));
      await bench.harness.deleteBefore({ topic: intake, partition: 0 }, 3);
      const dispatching = await activeOf(bench, options);
      await bench.until('what is left', () => dispatching.texts().length > 0);
      expect(dispatching.texts()).toEqual(['d']);
      expect(dispatching.lost).toEqual([
        expect.objectContaining({ topic: intake, partition: 0, from: 0, until: 3 }),
      ]);
    });

    it('stops with progress-lost where no offset was ever committed, instead of starting over', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const dispatching = await bench.dispatch({ ...options, group: bench.named('forgotten') });
      await bench.until('the end of it', () => dispatching.fatal.length > 0);
      expect(dispatching.fatal.map(({ code }) => code)).toEqual(['progress-lost']);
      expect(dispatching.terms).toEqual([]);
    });

    it('knows that its ownership is fresh while it beats, and not after it has stopped', async () => {
      const bench = current();
      const dispatching = await activeOf(bench, await bench.dispatcherTopics());
      expect(dispatching.term.isOwnershipFresh()).toBe(true);
      const { clock } = bench.harness;
      const longAfterMs = clock.monotonicMs() + sessionTimeoutMs + 1000;
      await bench.until('more than a session', () => clock.monotonicMs() > longAfterMs);
      expect(dispatching.term.isOwnershipFresh()).toBe(true);
      await dispatching.source.stop();
      expect(dispatching.term.isOwnershipFresh()).toBe(false);
    });
  });

  describe('one active member', () => {
    it('stays while others come to stand by and go', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const intake = intakeOf(options);
      const active = await activeOf(bench, options);
      const second = await standingBy(bench, options, 2);
      const third = await standingBy(bench, options, 3);
      await bench.send(record(intake, 'with-three'));
      await bench.until('the record', () => active.texts().includes('with-three'));
      await second.source.stop();
      await bench.until('two members', async () => {
        return (await bench.harness.memberCount(options.group)) === 2;
      });
      await bench.send(record(intake, 'with-two'));
      await bench.until('the next record', () => active.texts().includes('with-two'));
      expect(active.isActive).toBe(true);
      expect([second.terms, third.terms]).toEqual([[], []]);
      expect(await codeOf(active.term.settle({ outcomes: [], offsets: [] }))).toBe('none');
    });

    it('hands over at once when it leaves, and hears nothing more', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const intake = intakeOf(options);
      const first = await activeOf(bench, options);
      const second = await standingBy(bench, options, 2);
      await bench.send(record(intake, 'a'));
      await bench.until('the record', () => first.texts().length > 0);
      const leftAtMs = bench.harness.clock.monotonicMs();
      await first.source.stop();
      await first.source.stop();
      const calls = first.calls;
      await bench.until('the next active member', () => second.isActive);
      expect(bench.harness.clock.monotonicMs() - leftAtMs).toBeLessThan(sessionTimeoutMs);
      await bench.until('the unsettled record again', () => second.texts().length > 0);
      expect(second.texts()).toEqual(['a']);
      expect(first.calls).toBe(calls);
      expect(second.term.term).not.toBe(first.term.term);
    });

    it('is never given a batch of an older term', async () => {
      const bench = current();
      const options = await bench.dispatcherTopics();
      const intake = intakeOf(options);
      const active = await activeOf(bench, options);
      for (let round = 0; round < 3; round += 1) {
        const { term } = active;
        await bench.send(record(intake, `r${round}-0`, 0), record(intake, `r${round}-1`, 1));
        const missing = { ...record(bench.named('nowhere'), 'never') };
        expect(await codeOf(term.settle({ outcomes: [missing], offsets: [] }))).toBe(
          'topic-missing',
        );
        await bench.until('a fresh term', () => active.term !== term);
        await bench.until('all of it again', () => {
          return active.texts(active.term).length === 2 * (round + 1);
        });
      }
      expect(active.strays).toBe(0);
      expect(new Set(active.terms.map(({ term }) => term)).size).toBe(active.terms.length);
    });
  });
}
