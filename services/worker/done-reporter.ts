import { coordinatesKey } from '../shared/chunk/coordinates.ts';
import { doneHeader, encodeDone } from '../shared/chunk/done-record.ts';
import type { Done } from '../shared/chunk/done-record.ts';
import type { ResultBody } from '../shared/chunk/result.ts';
import type { Clock } from '../shared/clock/ports.ts';
import { KafkaPortError } from '../shared/kafka/ports.ts';
import type { OutgoingRecord, RecordSink } from '../shared/kafka/ports.ts';
import type { Logger } from '../shared/process/ports.ts';

export interface DoneReporter {
  /** Resolves when the broker has the word; tries without limit, for it is all that is left of the work. */
  report(done: Done, body: ResultBody | null): Promise<void>;
}

const retryMsMin = 100;
const retryMsMax = 2000;

export function createDoneReporter(ports: {
  readonly clock: Clock;
  readonly sink: RecordSink;
  readonly log: Logger;
  readonly topic: string;
}): DoneReporter {
  const { clock, sink, log, topic } = ports;
  return {
    async report(done, body) {
      let record = recordOf(topic, done, body);
      for (let retryMs = retryMsMin; ; retryMs = Math.min(retryMs * 2, retryMsMax)) {
        try {
          await sink.send([record]);
          return;
        } catch (error) {
          if (body !== null && isTooLarge(error)) {
            record = recordOf(topic, tooLargeFailure(done, record.value?.length ?? 0), null);
          }
          log.warn('done-not-sent', {
            message: `the broker did not take the word about a chunk; tried again in ${retryMs} ms`,
            error,
          });
          await clock.sleepMs(retryMs);
        }
      }
    },
  };
}

function recordOf(topic: string, done: Done, body: ResultBody | null): OutgoingRecord {
  return {
    topic,
    key: Buffer.from(coordinatesKey(done.assignment.coordinates), 'utf8'),
    value: body === null ? null : Buffer.from(JSON.stringify(body), 'utf8'),
    headers: [[doneHeader, Buffer.from(encodeDone(done), 'utf8')]],
  };
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof KafkaPortError && error.code === 'record-too-large';

/** A word that the broker never takes would keep the chunk in hand for ever. */
function tooLargeFailure({ assignment, worker }: Done, bytes: number): Done {
  return {
    kind: 'failure',
    assignment,
    worker,
    reason: 'executor-failed',
    message: `the result takes ${bytes} bytes, more than a record may hold; cut the video into shorter chunks`,
    retriable: false,
  };
}
