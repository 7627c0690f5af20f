import protocolErrors from 'kafkajs/src/protocol/error.js';
import { KafkaPortError, partitionKey } from '../ports.ts';
import { cutByBytes, recordBytes, requestBytesMax } from './batching.ts';
import type { ClusterLink } from './cluster-link.ts';
import { kafkaError } from './errors.ts';
import { appendBatches } from './produce-request.ts';
import type { AppendAnswer, AppendBatch, ProducerSession } from './produce-request.ts';
import { groupBy } from './topic-groups.ts';

/** `MESSAGE_TOO_LARGE` and `RECORD_LIST_TOO_LARGE`: the batch was looked at and not appended. */
const tooLargeCodes: readonly number[] = [10, 18];

/** Whether a batch was refused for its size, which leaves no trace: its sequence is still free. */
export const isTooLarge = ({ errorCode }: AppendAnswer): boolean =>
  tooLargeCodes.includes(errorCode);

/** The error to report for a batch that was refused. */
export const refusal = ({ errorCode }: AppendAnswer, batch: AppendBatch): KafkaPortError =>
  kafkaError(
    protocolErrors.createErrorFromCode(errorCode),
    `appending a record to ${partitionKey(batch)}`,
  );

/**
 * Appends all batches, no two of one partition, each at its leader. What is not known to be appended
 * is sent again with the same session and sequence, so that the broker can tell a repetition.
 * Returns the answers by `partitionKey`: appended, or refused for its size.
 *
 * @throws KafkaPortError of the first batch that cannot be appended within `budgetMs`; whether the
 *   others were is then unknown, so the session must not be used for these partitions again.
 */
export async function appendAll(
  link: ClusterLink,
  session: ProducerSession,
  { batches, budgetMs }: { readonly batches: readonly AppendBatch[]; readonly budgetMs: number },
): Promise<ReadonlyMap<string, AppendAnswer>> {
  const done = new Map<string, AppendAnswer>();
  const doing = `appending to ${batches.map(partitionKey).join(', ')}`;
  const attempt = async (): Promise<void> => {
    const missing = batches.filter((batch) => !done.has(partitionKey(batch)));
    const byLeader = groupBy(missing, (batch) => link.leaderIdOf(batch));
    const ends = await Promise.allSettled(
      [...byLeader].map(([nodeId, led]) => appendAtLeader(link, session, { nodeId, led, done })),
    );
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    if (failures.length === 0) return;
    // What cannot be mended outweighs what another try may mend.
    const errors = failures.map((failure) => kafkaError(failure, doing));
    const worst = errors.find(({ retriable }) => !retriable) ?? errors[0];
    if (worst?.retriable === true) await lookForLeaders(link);
    throw worst ?? new KafkaPortError('unexpected', `${doing} failed`);
  };
  await link.retrying(doing, attempt, budgetMs);
  return done;
}

async function appendAtLeader(
  link: ClusterLink,
  session: ProducerSession,
  {
    nodeId,
    led,
    done,
  }: {
    readonly nodeId: number | null;
    readonly led: readonly AppendBatch[];
    readonly done: Map<string, AppendAnswer>;
  },
): Promise<void> {
  if (nodeId === null) throw protocolErrors.createErrorFromCode(leaderNotAvailableCode);
  const broker = await link.broker(nodeId);
  for (const batches of cutByBytes(led, batchBytes, requestBytesMax)) {
    const createdAtMs = link.clock.nowMs();
    let failedCode = 0;
    for (const [key, answer] of await appendBatches(broker, { session, batches, createdAtMs })) {
      if (answer.errorCode === 0 || isTooLarge(answer)) done.set(key, answer);
      else failedCode = answer.errorCode;
    }
    if (failedCode !== 0) throw protocolErrors.createErrorFromCode(failedCode);
  }
}

const leaderNotAvailableCode = 5;

const batchBytes = ({ records }: AppendBatch): number =>
  records.reduce((sum, record) => sum + recordBytes(record), 0);

/** Failing to look is no failure: the next try shows whether the old leaders still hold. */
async function lookForLeaders(link: ClusterLink): Promise<void> {
  await link.refresh().catch((error: unknown) => {
    link.setting.log('debug', 'kafka-leaders-unknown', { error });
  });
}
