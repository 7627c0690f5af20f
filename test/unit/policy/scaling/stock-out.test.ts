import { describe, expect, it } from 'vitest';
import { decide } from '../../../../services/policy/scaling/decide.ts';
import type { Decided } from '../../../../services/policy/scaling/decide.ts';
import { emptyMemory } from '../../../../services/policy/scaling/memory.ts';
import type { Memory } from '../../../../services/policy/scaling/memory.ts';
import type { ScalingSettings } from '../../../../services/policy/scaling/settings.ts';
import type {
  NodePhase,
  PoolNode,
  PoolState,
} from '../../../../services/shared/chunk/node-pools.ts';
import {
  beginMs,
  gpuPool,
  observationOf,
  scalingSettings,
  workerOf,
} from '../../../support/scaling-world/facts.ts';
import { raise } from '../../../support/raise.ts';
import type { DueWork, Facts } from '../../../support/scaling-world/facts.ts';

const bootMs = 240_000;
const launchMs = 60_000;
const pool = { ...gpuPool, bootMsPrior: bootMs, launchMsPrior: launchMs, nodesMax: 4 };
const settings: ScalingSettings = {
  ...scalingSettings,
  pools: [pool, { ...pool, pool: 'dear', nodesMax: 100 }],
};
/** More than both pools do before it is due. */
const due: readonly DueWork[] = [{ priority: 'live', mediaMs: 40_000_000, leftMs: 600_000 }];
const dear: PoolState = { pool: 'dear', nodesDesired: 0, nodes: [], problem: null, pause: null };

/** A node that was ordered so long ago and began its present phase so long ago. */
const nodeIn = (
  node: string,
  phase: NodePhase,
  { orderedAgoMs, phaseAgoMs }: { readonly orderedAgoMs: number; readonly phaseAgoMs: number },
): PoolNode => ({
  node,
  phase,
  reached: [
    { phase: 'ordered' as const, agoMs: orderedAgoMs },
    { phase, agoMs: phaseAgoMs },
  ].filter((each, index) => index === 0 || each.phase !== 'ordered'),
});
const ordered = (node: string, agoMs: number): PoolNode =>
  nodeIn(node, 'ordered', { orderedAgoMs: agoMs, phaseAgoMs: agoMs });

/** Ticks of a second each, from `beginMs` on, of what is there at each. */
function played(
  seconds: number,
  factsAt: (elapsedMs: number) => Facts,
  given: { readonly memory?: Memory; readonly settings?: ScalingSettings } = {},
): Decided {
  let memory = given.memory ?? emptyMemory(beginMs);
  let last: Decided | null = null;
  for (let second = 0; second <= seconds; second += 1) {
    const elapsedMs = second * 1000;
    const observation = observationOf({
      atMs: beginMs + elapsedMs,
      due,
      pools: [dear],
      ...factsAt(elapsedMs),
    });
    last = decide(observation, memory, given.settings ?? settings);
    ({ memory } = last);
  }
  if (last === null) throw new Error('there was no tick');
  return last;
}

const reasonOf = ({ decision }: Decided): string => decision.pools[0]?.reason ?? '';
const sizeOfDear = ({ decision }: Decided): number => decision.pools[1]?.nodesDesired ?? -1;
const comingOf = ({ decision }: Decided): number => decision.capacity[0]?.coming.length ?? -1;

describe('a pool that gives no machine', () => {
  const stuck = (elapsedMs: number): Facts => ({
    nodesDesired: 4,
    booting: [1, 2, 3, 4].map((index) => ordered(`claim-${index}`, elapsedMs)),
  });

  it('backs off once a launch takes too long, long before a boot would, and the next one is asked in that tick', () => {
    const before = played(60, stuck);
    expect(reasonOf(before)).toBe('ceiling');
    expect(comingOf(before)).toBe(4);
    const dearBefore = sizeOfDear(before);
    const after = played(61, stuck);
    expect(reasonOf(after)).toBe('backing-off');
    expect(comingOf(after)).toBe(0);
    expect(sizeOfDear(after)).toBeGreaterThan(dearBefore);
    expect(after.memory.pools[0]?.backOff).toEqual({
      untilMs: beginMs + 61_000 + settings.backOffMs,
      lengthMs: settings.backOffMs,
    });
    expect(after.decision.spill.gate).toBe('open');
    expect(after.decision.pools[0]?.figures['backOffLeftMs']).toBe(settings.backOffMs);
  });

  it('is believed as long as machines start, however long the rest takes', () => {
    const launched = (elapsedMs: number): Facts => ({
      nodesDesired: 4,
      booting: [1, 2, 3, 4].map((index) =>
        elapsedMs < 50_000
          ? ordered(`claim-${index}`, elapsedMs)
          : nodeIn(`claim-${index}`, 'launched', {
              orderedAgoMs: elapsedMs,
              phaseAgoMs: elapsedMs - 50_000,
            }),
      ),
    });
    expect(comingOf(played(200, launched))).toBe(4);
  });

  it('is found out also where nothing is listed, or something new each time', () => {
    const unlisted = (): Facts => ({ nodesDesired: 4 });
    expect(reasonOf(played(60, unlisted))).toBe('ceiling');
    expect(reasonOf(played(61, unlisted))).toBe('backing-off');
    const churning = (elapsedMs: number): Facts => ({
      nodesDesired: 4,
      booting: [1, 2, 3, 4].map((index) =>
        ordered(`claim-${index}-${Math.floor(elapsedMs / 20_000)}`, elapsedMs % 20_000),
      ),
    });
    expect(reasonOf(played(60, churning))).toBe('ceiling');
    const found = played(61, churning);
    expect(reasonOf(found)).toBe('backing-off');
    expect(comingOf(found)).toBe(0);
  });

  it('counts again as soon as one of its machines starts after all', () => {
    const late = (elapsedMs: number): Facts => ({
      nodesDesired: 1,
      booting: [
        elapsedMs < 80_000
          ? ordered('claim', elapsedMs)
          : nodeIn('claim', 'launched', {
              orderedAgoMs: elapsedMs,
              phaseAgoMs: elapsedMs - 80_000,
            }),
      ],
    });
    expect(comingOf(played(79, late))).toBe(0);
    expect(comingOf(played(80, late))).toBe(1);
  });

  it('is asked again after its pause, and pauses twice as long when it gives none again', () => {
    const short = { ...settings, backOffMs: 20_000 };
    const unlisted = (): Facts => ({ nodesDesired: 4 });
    const backOffAt = (second: number): number | undefined =>
      played(second, unlisted, { settings: short }).memory.pools[0]?.backOff?.lengthMs;
    expect(backOffAt(61)).toBe(20_000);
    expect(comingOf(played(82, unlisted, { settings: short }))).toBe(4);
    expect(backOffAt(61 + 20 + 60)).toBe(20_000);
    expect(backOffAt(61 + 20 + 61)).toBe(40_000);
  });

  it('is known at once to a scaler that starts without memory', () => {
    expect(reasonOf(played(0, () => stuck(10 * bootMs)))).toBe('backing-off');
    expect(reasonOf(played(0, () => stuck(1000)))).not.toBe('backing-off');
  });
});

describe('a phase that lasts far longer than it ever did', () => {
  /** Boots of which each phase lasted as long as here. */
  const learned = (samples: number): Memory => {
    const memory = emptyMemory(beginMs);
    const of = (phase: NodePhase, ms: number) => ({
      phase,
      samplesMs: Array.from({ length: samples }, () => ms),
    });
    return {
      ...memory,
      pools: [
        {
          ...(played(0, () => ({})).memory.pools.find((each) => each.pool === 'gpu') ??
            raise(new Error('the memory of this test has no such pool'))),
          bootMs: Array.from({ length: samples }, () => bootMs),
          phaseMs: [of('ordered', 10_000), of('registered', 50_000)],
        },
      ],
    };
  };
  const stuckIn = (phase: NodePhase, agoMs: number): Facts => ({
    nodesDesired: 1,
    booting: [nodeIn('n1', phase, { orderedAgoMs: agoMs + 20_000, phaseAgoMs: agoMs })],
  });
  const comingAfter = (samples: number, phase: NodePhase, agoMs: number): number =>
    comingOf(
      played(1, (elapsedMs) => stuckIn(phase, agoMs - 1000 + elapsedMs), {
        memory: learned(samples),
      }),
    );

  it('ends the hope in its node, once enough boots were seen', () => {
    expect(comingAfter(5, 'registered', 150_000)).toBe(1);
    expect(comingAfter(5, 'registered', 151_000)).toBe(0);
    expect(comingAfter(4, 'registered', 151_000)).toBe(1);
    // Nothing is known of this one.
    expect(comingAfter(5, 'ready', 151_000)).toBe(1);
  });

  it('is measured for launches too, which then need not take as long as was expected', () => {
    const waits = (samples: number, ms: number): string =>
      reasonOf(
        played(
          ms / 1000,
          (elapsedMs) => ({ nodesDesired: 1, booting: [ordered('n1', elapsedMs)] }),
          {
            memory: learned(samples),
          },
        ),
      );
    expect(waits(5, 30_000)).not.toBe('backing-off');
    expect(waits(5, 31_000)).toBe('backing-off');
    expect(waits(4, 31_000)).not.toBe('backing-off');
  });
});

describe('a node that gets another name while it boots', () => {
  const renamed =
    (name: string) =>
    (elapsedMs: number): Facts => ({
      nodesDesired: 1,
      booting: [
        elapsedMs < 30_000
          ? ordered('claim', elapsedMs)
          : nodeIn(name, 'registered', { orderedAgoMs: elapsedMs, phaseAgoMs: elapsedMs - 30_000 }),
      ],
      workers: elapsedMs < 100_000 ? [] : [workerOf('w', { node: 'node-7', pool: 'gpu' })],
    });

  it('is the same node: its boot counts from its order, and is measured whole', () => {
    const { memory, decision } = played(100, renamed('node-7'));
    expect(memory.pools[0]?.nodes).toEqual([
      { node: 'node-7', state: 'loaded', sinceMs: beginMs + 100_000 },
    ]);
    expect(memory.pools[0]?.bootMs).toEqual([100_000]);
    expect(decision.pools[0]).toMatchObject({ nodesLoaded: 1 });
  });

  it('also when that happens in the tick in which its worker is ready', () => {
    const atLast = (elapsedMs: number): Facts => ({
      nodesDesired: 1,
      booting: [
        nodeIn(elapsedMs < 100_000 ? 'claim' : 'node-7', 'registered', {
          orderedAgoMs: elapsedMs,
          phaseAgoMs: elapsedMs,
        }),
      ],
      workers: elapsedMs < 100_000 ? [] : [workerOf('w', { node: 'node-7', pool: 'gpu' })],
    });
    expect(played(100, atLast).memory.pools[0]?.bootMs).toEqual([100_000]);
  });

  it('stays overdue if it was', () => {
    const overdue = (elapsedMs: number): Facts => ({
      nodesDesired: 1,
      booting: [
        nodeIn(elapsedMs < 490_000 ? 'claim' : 'node-7', 'registered', {
          orderedAgoMs: elapsedMs,
          phaseAgoMs: elapsedMs,
        }),
      ],
    });
    expect(comingOf(played(470, overdue))).toBe(1);
    expect(comingOf(played(481, overdue))).toBe(0);
    expect(comingOf(played(495, overdue))).toBe(0);
  });

  it('is another node when its order was another', () => {
    const replaced = (elapsedMs: number): Facts => ({
      nodesDesired: 1,
      booting: [
        elapsedMs < 30_000
          ? ordered('claim', elapsedMs)
          : nodeIn('node-7', 'registered', {
              orderedAgoMs: elapsedMs - 20_000,
              phaseAgoMs: elapsedMs - 30_000,
            }),
      ],
    });
    expect(played(40, replaced).memory.pools[0]?.nodes).toEqual([
      { node: 'node-7', state: 'coming', sinceMs: beginMs + 20_000 },
    ]);
  });
});
