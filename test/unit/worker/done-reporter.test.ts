import { describe, expect, it } from 'vitest';
import { doneHeader, parseDone } from '../../../services/shared/chunk/done-record.ts';
import type { Done } from '../../../services/shared/chunk/done-record.ts';
import { ManualClock, seededRandom } from '../../../services/shared/clock/manual.ts';
import { MemoryKafka } from '../../../services/shared/kafka/memory/kafka.ts';
import { recordedLog } from '../../../services/shared/process/recorded-log.ts';
import { createDoneReporter } from '../../../services/worker/done-reporter.ts';
import { resultBody } from '../../../services/worker/result-body.ts';
import { assignmentOf, releaseOf, resultOf } from '../../support/dispatcher-term.ts';
import { laneOrder } from '../../support/lane-order.ts';

const topic = 'done';

async function reporterOn(bytesMax = 1_000_000) {
  const clock = new ManualClock(0);
  const kafka = new MemoryKafka({ clock, random: seededRandom(1), requestTimeoutMs: 1000 });
  const connection = kafka.connect();
  const config = { 'max.message.bytes': String(bytesMax) };
  await (await connection.topicAdmin()).ensure([{ topic, partitions: 1, replication: 1, config }]);
  const log = recordedLog();
  const reporter = createDoneReporter({ clock, sink: await connection.recordSink(), log, topic });
  const words = (): readonly Done[] =>
    kafka.records(topic).map(({ headers }) => {
      const parsed = parseDone(headers.find(([name]) => name === doneHeader)?.[1].toString() ?? '');
      if (!parsed.ok) throw new RangeError(parsed.problem);
      return parsed.value;
    });
  return { clock, kafka, faults: connection.faults, log, reporter, words };
}

const bodyOf = (frames: number) =>
  resultBody(
    {
      kind: 'result',
      key: '',
      model: { name: 'm', version: '1', variant: 'fp32', executionProvider: 'cpu', device: 'cpu' },
      width: 1,
      height: 1,
      durationMs: 1,
      firstPresentationMs: 0,
      frameStride: 1,
      framesPerSecond: 1,
      frames: Array.from({ length: frames }, () => ({ presentationMs: 0, detections: [] })),
      decodeMs: 1,
      inferMs: 1,
    },
    laneOrder,
    { worker: 'worker-a', pool: 'pool', emulated: false, startedAtMs: 0, computeMs: 1 },
  );

describe('reporting to done', () => {
  it('resolves when the broker has the word', async () => {
    const { reporter, words } = await reporterOn();
    const word = releaseOf(assignmentOf('live/0/1'));
    await reporter.report(word, null);
    expect(words()).toEqual([word]);
  });

  it('tries without limit while no broker answers', async () => {
    const { clock, faults, log, reporter, words } = await reporterOn();
    faults.cutOff();
    const reported = reporter.report(resultOf(assignmentOf('live/0/1')), bodyOf(1));
    await clock.elapseMs(3_600_000);
    expect(words()).toEqual([]);
    expect(log.lines.length).toBeGreaterThan(1000);
    faults.recover();
    await clock.elapseMs(2000);
    await reported;
    expect(words()).toHaveLength(1);
  });

  it('says of a result that no record can hold that it is a failure for good', async () => {
    const { clock, reporter, words } = await reporterOn(2000);
    const reported = reporter.report(resultOf(assignmentOf('live/0/1')), bodyOf(1000));
    await clock.elapseMs(1000);
    await reported;
    expect(words()).toMatchObject([{ kind: 'failure', retriable: false }]);
    expect(words()[0]).toMatchObject({ assignment: assignmentOf('live/0/1'), worker: 'worker-a' });
  });
});
