import { describe, expect, it } from 'vitest';
import { adjustWindow, pauseReading } from '../../../../services/dispatcher/reading/window.ts';
import { holdBytes } from '../../../../services/dispatcher/knowledge/term-state.ts';
import { readTo } from '../../../../services/dispatcher/settling/partition-progress.ts';
import { progressSpanMax } from '../../../../services/shared/chunk/progress.ts';
import { beginTerm, termSettings, termTopics } from '../../../support/dispatcher-term.ts';

const live = { topic: termTopics.intake('live'), partition: 0 };
/** Three intake partitions share the bytes. */
const settings = { ...termSettings, windowBytesMax: 3000 };

describe('the window of a partition', () => {
  it('closes when its share of the bytes is held, and opens when some are gone', () => {
    const state = beginTerm({});
    holdBytes(state, live, 1000);
    adjustWindow(state, settings);
    expect([...state.pausedPartitions]).toEqual([`${live.topic}/0`]);
    holdBytes(state, live, -1);
    adjustWindow(state, settings);
    expect(state.pausedPartitions.size).toBe(0);
  });

  it('closes when what is read could not be recorded as progress', () => {
    const state = beginTerm({});
    const key = `${live.topic}/0`;
    const progress = state.progress.get(key);
    if (progress === undefined) throw new RangeError(key);
    const recordOffsets = new Set([0]);
    state.progress.set(key, readTo(progress, { nextOffset: progressSpanMax, recordOffsets }));
    adjustWindow(state, settings);
    expect([...state.pausedPartitions]).toEqual([key]);
  });

  it('opens what was paused for another reason once it has room', () => {
    const state = beginTerm({});
    pauseReading(state, live);
    expect([...state.pausedPartitions]).toEqual([`${live.topic}/0`]);
    adjustWindow(state, settings);
    expect(state.pausedPartitions.size).toBe(0);
  });
});
