import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import { emptyMemory } from '../../../../services/policy/scaling/memory.ts';
import { gpuPool, beginMs, nodeOf, observationOf } from '../../../support/scaling-world/facts.ts';
import { scalingSettings, workerOf } from '../../../support/scaling-world/facts.ts';
import { calmWorld, runWorld } from '../../../support/scaling-world/little-world.ts';
import type { Arrival, WorldTick } from '../../../support/scaling-world/little-world.ts';
import { runs } from './observations.ts';

const settings = { ...scalingSettings, pools: [{ ...gpuPool, nodesMax: 12 }] };
const nodeSpeed = gpuPool.slotsPerNode * gpuPool.slotSpeedPrior;

/** So many chunks of 4 s in ten seconds, as evenly as whole chunks allow. */
const steady =
  (chunksInTenSeconds: number) =>
  (second: number): readonly Arrival[] => {
    const until = (end: number): number => Math.floor((end * chunksInTenSeconds) / 10);
    const count = until(second + 1) - until(second);
    return Array.from({ length: count }, () => ({ priority: 'live', mediaMs: 4000 }));
  };

const desired = ({ decision }: WorldTick): number => decision.pools[0]?.nodesDesired ?? 0;
const lateBetween = (ticks: readonly WorldTick[], from: number): number =>
  (ticks.at(-1)?.lateChunks ?? 0) - (ticks[from]?.lateChunks ?? 0);

describe('in a world whose nodes boot', () => {
  it('steady demand is met in the end, whatever its size and however long a boot really takes', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 5000, max: 60_000 }),
      (chunksInTenSeconds, bootMs) => {
        const ticks = runWorld({
          ...calmWorld,
          settings,
          seconds: 500,
          arrivals: steady(chunksInTenSeconds),
          bootMs: () => bootMs,
        });
        const needed = Math.ceil((chunksInTenSeconds * 4) / 10 / nodeSpeed);
        const last = ticks.at(-1);
        return (
          last !== undefined &&
          desired(last) >= needed &&
          desired(last) <= Math.ceil((1.25 * chunksInTenSeconds * 4) / 10 / nodeSpeed) + 1 &&
          lateBetween(ticks, 450) === 0
        );
      },
    );
    fc.assert(property, { ...runs, numRuns: 15 });
  });

  it('demand above the limit is not met, so that the law above says something', () => {
    const small = { ...settings, pools: [{ ...gpuPool, nodesMax: 2 }] };
    const options = { ...calmWorld, settings: small, seconds: 300, arrivals: steady(40) };
    expect(lateBetween(runWorld(options), 200)).toBeGreaterThan(0);
  });

  it('a restart without memory, whenever it is, lets no node go for a hold', () => {
    const holdTicks = (settings.holdBoots * gpuPool.bootMsPrior) / 1000;
    const arrivals = (second: number): readonly Arrival[] => steady(second < 60 ? 60 : 5)(second);
    const property = fc.property(fc.integer({ min: 1, max: 200 }), (restart) => {
      const ticks = runWorld({
        ...calmWorld,
        settings,
        seconds: restart + holdTicks,
        arrivals,
        remember: (memory, second) =>
          second === restart ? emptyMemory(beginMs + second * 1000) : memory,
      });
      const after = ticks.slice(Math.max(0, restart - 1)).map(desired);
      return after.every((nodes, index) => nodes >= (after[index - 1] ?? 0));
    });
    fc.assert(property, { ...runs, numRuns: 25 });
    // Without the restart nodes do go in that time.
    const ticks = runWorld({ ...calmWorld, settings, seconds: 260, arrivals });
    expect(ticks.map(desired).some((nodes, index, all) => nodes < (all[index - 1] ?? 0))).toBe(
      true,
    );
  });

  it('a look that was lost now and then moves no size and changes no outcome', () => {
    const property = fc.property(fc.infiniteStream(fc.nat({ max: 5 })), (blind) => {
      const ticks = runWorld({
        ...calmWorld,
        settings,
        seconds: 200,
        arrivals: steady(30),
        look: (observation) =>
          blind.next().value === 0
            ? { ...observation, demand: { kind: 'unknown', cause: 'nobody leads' } }
            : observation,
      });
      const isStill = ticks.every((tick, index) => {
        const before = ticks[index - 1];
        if (tick.observation.demand.kind === 'known' || before === undefined) return true;
        return desired(tick) === desired(before);
      });
      return isStill && lateBetween(ticks, 150) === 0;
    });
    fc.assert(property, { ...runs, numRuns: 15 });
  });
});

describe('over thousands of ticks with ever other nodes', () => {
  it('memory stays as small as it was', () => {
    let memory = emptyMemory(beginMs);
    let largest = 0;
    for (let tick = 0; tick < 3000; tick += 1) {
      const node = `node-${tick - (tick % 3)}`;
      const isReady = tick % 3 === 2;
      const observation = observationOf({
        atMs: beginMs + tick * 9000,
        logEnd: tick * 7,
        booting: [nodeOf(node, (tick % 3) * 9000), nodeOf(`other-${tick}`, 100_000)],
        workers: isReady
          ? [workerOf(node, { node, speeds: [{ model: 'demo', speed: tick }] })]
          : [],
        due: [{ priority: 'live', mediaMs: 4000 * (tick % 50), leftMs: 20_000 }],
      });
      memory = decide(observation, memory, settings).memory;
      const { length } = JSON.stringify(memory);
      if (tick < 1000) largest = Math.max(largest, length);
      else expect(length).toBeLessThan(1.1 * largest);
    }
    expect(memory.pools[0]?.bootMs.length).toBeGreaterThan(10);
    expect(largest).toBeLessThan(20_000);
  });
});
