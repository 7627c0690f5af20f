import { describe, expect, it } from 'vitest';
import {
  arrivalsOf,
  describePart,
  storySettings,
} from '../../../../../services/cli/up/story/story-plan.ts';

describe('the arrivals of the story', () => {
  it('are the same in one piece and in slices', () => {
    const whole = arrivalsOf('steady', { fromMs: 0, untilMs: 40_000 });
    const slices = [0, 1, 2, 3].flatMap((slice) =>
      arrivalsOf('steady', { fromMs: slice * 10_000, untilMs: (slice + 1) * 10_000 }),
    );
    expect(slices).toEqual(whole);
    expect(whole.filter(({ priority }) => priority === 'live')).toHaveLength(12);
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

  it('are a burst that the ready workers cannot finish and all nodes can', () => {
    const { chunkMs, gpu, cpu, steady, burst } = storySettings;
    const perSecond = (slots: number, speed: number): number => (slots * speed * 1000) / chunkMs;
    const arriving = [...Object.values(steady), ...Object.values(burst)].reduce(
      (sum, { chunksPerSecond }) => sum + chunksPerSecond,
      0,
    );
    const cpuChunks = perSecond(cpu.workers * cpu.slotsPerWorker, cpu.slotSpeed);
    const gpuChunks = (nodes: number): number => perSecond(nodes * gpu.slotsPerNode, gpu.slotSpeed);
    expect(arriving).toBeGreaterThan(gpuChunks(gpu.nodesMin) + cpuChunks);
    expect(arriving).toBeLessThan(gpuChunks(gpu.nodesMax) + cpuChunks);
  });

  it('are described without what does not come', () => {
    expect(describePart('burst')).toMatch(/^live .*\/s due in .* s, standard .*\/s due in \d+ s$/);
  });
});
