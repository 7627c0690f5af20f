import { expect, it } from 'vitest';
import type { KafkaPlace } from '../../../../../services/cli/kafka-place.ts';
import type { VideoCutter } from '../../../../../services/cli/submit/cutter-ports.ts';
import { StoryLedger } from '../../../../../services/cli/up/story/story-ledger.ts';
import { StoryLoad } from '../../../../../services/cli/up/story/story-load.ts';
import { storySettings } from '../../../../../services/cli/up/story/story-plan.ts';
import { inlineBytesDefault, sizeLimits } from '../../../../../services/shared/chunk/limits.ts';
import { parseRfc3339 } from '../../../../../services/shared/chunk/rfc3339.ts';
import { topicsWithPrefix } from '../../../../../services/shared/chunk/topics.ts';
import { priorities } from '../../../../../services/shared/chunk/words.ts';
import { ManualClock, seededRandom } from '../../../../../services/shared/clock/manual.ts';
import type { OutgoingRecord, RecordSink } from '../../../../../services/shared/kafka/ports.ts';
import { headerTexts } from '../../../../../services/shared/kafka/record-headers.ts';

const piece = { number: 0, startMs: 0, durationMs: 2000, bytesEstimated: 5 };
const cutter: VideoCutter = {
  inspect: (path) => Promise.resolve({ path, pieces: [piece], remark: null, durationMs: 2000 }),
  async *cut() {
    yield await Promise.resolve({
      ...piece,
      bytes: Buffer.from('video'),
      contentType: 'video/mp4',
    });
  },
};

it('the load comes by the clock, each chunk with an id and a deadline of its own', async () => {
  const clock = new ManualClock(1_700_000_000_000);
  const sent: { readonly record: OutgoingRecord; readonly atMs: number }[] = [];
  const sink: RecordSink = {
    send: (records) => {
      for (const record of records) sent.push({ record, atMs: clock.nowMs() });
      return Promise.resolve([]);
    },
    close: () => Promise.resolve(),
  };
  const ledger = new StoryLedger();
  const topics = topicsWithPrefix('t.');
  const place: KafkaPlace = {
    brokers: [],
    tls: null,
    sasl: null,
    topics,
    limits: sizeLimits(inlineBytesDefault),
    claimRoot: null,
    logLevel: 'info',
  };
  const load = await StoryLoad.open({
    clips: priorities.map((priority) => ({ file: priority, priority, source: priority })),
    tools: {
      clock,
      random: seededRandom(1),
      interrupted: new AbortController().signal,
      openCutter: () => Promise.resolve(cutter),
    },
    place,
    sink,
    ledger,
    model: 'm',
    nowMs: () => clock.nowMs(),
  });
  const burst = load.submitBurst(new AbortController().signal);
  await clock.elapseMs(storySettings.burstMs);
  await burst;
  await load.finish();
  const { live, standard } = storySettings.burst;
  const chunks = ((live.chunksPerSecond + standard.chunksPerSecond) * storySettings.burstMs) / 1000;
  expect(sent).toHaveLength(chunks);
  expect(ledger.chunks()).toHaveLength(chunks);
  const headers = sent.map(({ record }) => headerTexts(record.headers));
  expect(new Set(headers.map((each) => each.get('ce_id'))).size).toBe(chunks);
  for (const [index, { record, atMs }] of sent.entries()) {
    const deadlineMs =
      record.topic === topics.intake('live') ? live.deadlineMs : standard.deadlineMs;
    expect(parseRfc3339(headers[index]?.get('ce_deadline') ?? '')).toBe(
      Math.floor(atMs) + deadlineMs,
    );
  }
  const firstHalf = sent.filter(({ atMs }) => atMs < 1_700_000_000_000 + storySettings.burstMs / 2);
  expect(firstHalf.length / chunks).toBeCloseTo(0.5, 1);
});
