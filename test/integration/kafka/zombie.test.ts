import { afterEach, expect, it } from 'vitest';
import type { Clock } from '../../../services/shared/clock/ports.ts';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../../support/broker.ts';
import { eventually } from '../../support/process-probe.ts';
import {
  followTexts,
  makeTopics,
  realKafka,
  TermLog,
  textRecord,
} from '../../support/real-kafka.ts';

const sessionTimeoutMs = 2000;

/** A process that can be stopped like one that hangs: whoever sleeps does not wake up. */
function stoppableClock(): { readonly clock: Clock; stop(): void; goOn(): void } {
  let isStopped = false;
  const held: (() => void)[] = [];
  const sleepMs: Clock['sleepMs'] = async (durationMs, signal) => {
    await systemClock.sleepMs(durationMs, signal);
    if (isStopped && signal?.aborted !== true) {
      await new Promise<void>((resolve) => held.push(resolve));
    }
  };
  return {
    clock: { ...systemClock, sleepMs },
    stop: () => {
      isStopped = true;
    },
    goOn: () => {
      isStopped = false;
      for (const wake of held.splice(0)) wake();
    },
  };
}

describeWithKafka('a dispatcher that hung for longer than its session', () => {
  const cleanups: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  it('does not count as the owner, publishes nothing more, and stands by when it wakes', async () => {
    const prefix = uniqueTopicPrefix();
    const [intake, done, outcomes] = [`${prefix}intake`, `${prefix}done`, `${prefix}outcomes`];
    const group = `${prefix}dispatcher`;
    const kafka = realKafka(kafkaAddresses());
    const settings = (topic: string) => ({ topic, partitions: 1, replication: 1, config: {} });
    await makeTopics(kafka, [intake, done, outcomes].map(settings), {
      group,
      topics: [intake, done],
    });
    const options = {
      group,
      transactionalId: group,
      workTopics: [intake],
      reportTopic: done,
      sessionTimeoutMs,
    };

    const hanging = stoppableClock();
    const old = new TermLog();
    const oldSource = realKafka(kafkaAddresses(), hanging.clock).roleSource(options);
    cleanups.push(() => oldSource.stop());
    await oldSource.start(old);
    await eventually('the first active member', () => old.isActive);
    const next = new TermLog();
    const nextSource = kafka.roleSource(options);
    cleanups.push(() => nextSource.stop());
    await nextSource.start(next);
    const oldTerm = old.term;
    await oldTerm.settle({ outcomes: [textRecord(outcomes, 'before')], offsets: [] });

    hanging.stop();
    await eventually('the end of the lease', () => !oldTerm.isOwnershipFresh());
    // The lease ends before anyone else can have become active.
    expect(next.isActive).toBe(false);
    await eventually('the next active member', () => next.isActive);
    // It has not noticed anything, and works on.
    expect(old.isActive).toBe(true);
    const late = oldTerm.settle({
      outcomes: [textRecord(outcomes, 'by the zombie')],
      offsets: [{ topic: intake, partition: 0, offset: 7, metadata: '' }],
    });
    await expect(late).rejects.toMatchObject({ code: 'fenced' });
    await next.term.settle({ outcomes: [textRecord(outcomes, 'after')], offsets: [] });

    hanging.goOn();
    await eventually('the former one notices', () => !old.isActive);
    await next.term.settle({ outcomes: [textRecord(outcomes, 'still')], offsets: [] });
    expect([old.terms.length, next.terms.length]).toEqual([1, 1]);
    const following = await followTexts(kafka, [outcomes]);
    cleanups.push(() => following.stop());
    await eventually('the outcomes', () => following.texts.length >= 3);
    expect(following.texts).toEqual(['before', 'after', 'still']);
    expect([...old.fatal, ...next.fatal]).toEqual([]);
  });
});
