import { progressSpanMax } from '../../shared/chunk/progress.ts';
import { partitionKey } from '../../shared/kafka/ports.ts';
import type { TopicPartition } from '../../shared/kafka/ports.ts';
import type { DispatchSettings, TermState } from '../knowledge/term-state.ts';

/**
 * Reads on in a partition only while its look-ahead has room: in bytes, shared out evenly so that a
 * pile of bulk work never keeps live work from being read, and in offsets, so that whatever is read
 * can be recorded in the progress. A fetch under way may overshoot; what lies beyond the span waits.
 */
export function adjustWindow(state: TermState, settings: DispatchSettings): void {
  const bytesMax = settings.windowBytesMax / Math.max(1, state.progress.size);
  for (const [key, { topic, partition, position, base }] of state.progress) {
    const isFull =
      (state.heldBytes.get(key) ?? 0) >= bytesMax || position - base >= progressSpanMax;
    const isPaused = state.pausedPartitions.has(key);
    if (isFull === isPaused) continue;
    if (isFull) pauseReading(state, { topic, partition });
    else {
      state.pausedPartitions.delete(key);
      state.term.resume({ topic, partition });
    }
  }
}

/** Until `adjustWindow` finds room. */
export function pauseReading(state: TermState, { topic, partition }: TopicPartition): void {
  state.pausedPartitions.add(partitionKey({ topic, partition }));
  state.term.pause({ topic, partition });
}
