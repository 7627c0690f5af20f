import { partitionKey } from '../shared/kafka/ports.ts';
import type { FollowOptions, ReadBatch, TopicFollower } from '../shared/kafka/ports.ts';
import { aborted } from './aborted.ts';

export interface ReadToEndOptions extends Pick<FollowOptions, 'topics' | 'from'> {
  readonly onBatch: (batch: ReadBatch) => void;
  readonly interrupted: AbortSignal;
}

/**
 * Reads whole topics from `from` to what was readable when it began, or until interrupted; stops the
 * follower.
 *
 * @throws KafkaPortError when a partition cannot be read any more.
 */
export async function readToEnd(
  follower: TopicFollower,
  { topics, from, onBatch, interrupted }: ReadToEndOptions,
): Promise<void> {
  const positions = new Map<string, number>();
  let moved = new AbortController();
  const failures: Error[] = [];
  try {
    await follower.start({
      topics,
      from,
      onBatch: (batch) => {
        onBatch(batch);
        positions.set(partitionKey(batch), batch.nextOffset);
        moved.abort();
      },
      onFatal: (error) => {
        failures.push(error);
        moved.abort();
      },
    });
    const ends = [...(await follower.readableEnds())];
    for (;;) {
      for (const failure of failures) throw failure;
      const isThere = ends.every(([key, end]) => (positions.get(key) ?? 0) >= end);
      if (isThere || interrupted.aborted) return;
      moved = new AbortController();
      await aborted(AbortSignal.any([moved.signal, interrupted]));
    }
  } finally {
    await follower.stop();
  }
}
