import { describe, expect, it } from 'vitest';
import {
  arrivalsOf,
  describePart,
  storySettings,
} from '../../../../../services/cli/up/story/story-plan.ts';
import type { Stream } from '../../../../../services/cli/up/story/story-plan.ts';
import type { Priority } from '../../../../../services/shared/chunk/words.ts';

describe('the arrivals of the story', () => {
  it('are the same in one piece and in slices', () => {
    const whole = arrivalsOf('steady', { fromMs: 0, untilMs: 40_000 });
    const slices = [0, 1, 2, 3].flatMap((slice) =>
      arrivalsOf('steady', { fromMs: slice * 10_000, untilMs: (slice + 1) * 10_000 }),
    );
    expect(slices).toEqual(whole);
    expect(whole.filter(({ priority }) => priority === 'live')).toHaveLength(6);
  });

  it('come in order, at their rates and with their deadlines', () => {
    const { burstMs, burst } = storySettings;
    const arrivals = arrivalsOf('burst', { fromMs: 0, untilMs: burstMs });
    expect(arrivals.map(({ atMs }) => atMs)).toEqual(
      arrivals.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
    );
    const live = arrivals.filter(({ priority }) => priority === 'live');
    expect(live).toHaveLength(Math.floor((burst.live.chunksPerSecond * burstMs) / 1000));
    expect(new Set(live.map(({ deadlineMs }) => deadlineMs))).toEqual(
      new Set([burst.live.deadlineMs]),
    );
    expect(arrivals.some(({ priority }) => priority === 'bulk')).toBe(false);
  });

  it('are a burst that the ready workers cannot finish in time and all nodes can', () => {
    const { chunkMs, gpu, cpu, steady, burst, burstMs } = storySettings;
    const chunks = (streams: Readonly<Record<Priority, Stream>>, forMs: number): number =>
      Object.values(streams).reduce((sum, each) => sum + (each.chunksPerSecond * forMs) / 1000, 0);
    const dueMs = burstMs + burst.standard.deadlineMs;
    const due = chunks(steady, dueMs) + chunks(burst, burstMs);
    const done = (slots: number, speed: number, forMs: number): number =>
      (slots * speed * forMs) / chunkMs;
    const onCpu = done(cpu.workers * cpu.slotsPerWorker, cpu.slotSpeed, dueMs);
    const onReadyNodes = done(gpu.nodesMin * gpu.slotsPerNode, gpu.slotSpeed, dueMs);
    const nodesMore = gpu.nodesMax - gpu.nodesMin;
    const afterBootMs = dueMs - 30_000;
    const onNewNodes = done(nodesMore * gpu.slotsPerNode, gpu.slotSpeed, afterBootMs);
    expect(due).toBeGreaterThan(onReadyNodes + onCpu);
    expect(due).toBeLessThan(onReadyNodes + onCpu + onNewNodes);
  });

  it('are described without what does not come', () => {
    expect(describePart('burst')).toMatch(/^live .*\/s due in .* s, standard .*\/s due in \d+ s$/);
  });
});
