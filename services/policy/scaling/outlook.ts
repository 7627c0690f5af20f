import type { PoolDecision } from '../../shared/chunk/decision.ts';
import type { PoolCapacity } from '../../shared/chunk/directive.ts';
import { isBackingOff } from './back-off.ts';
import { bootMsP90, comesInMs } from './boot-time.ts';
import { rounded, sum } from './bounded.ts';
import { emptyPoolMemory } from './learn-pool.ts';
import { nodesRememberedMax } from './memory.ts';
import type { Memory } from './memory.ts';
import { pauseOf } from './pause.ts';
import type { PoolPause } from './pause.ts';
import type { PoolSettings, ScalingSettings } from './settings.ts';
import type { FleetView, Situation } from './situation.ts';

/** What one pool has and what is coming there. Speeds: media milliseconds per wall millisecond. */
export interface PoolOutlook {
  readonly settings: PoolSettings;
  readonly isKnown: boolean;
  /** Whether its size was ever known; else nobody may be told how many it is to have. */
  readonly isSizeKnown: boolean;
  /** How long nothing is ordered there; 0: it may be. */
  readonly backOffLeftMs: number;
  /** `null`: nobody keeps its size. */
  readonly pause: PoolPause | null;
  /** As the pool is ordered to have; as last decided, where it is not known. */
  readonly nodesOrdered: number;
  readonly nodesListed: number;
  readonly nodesLoaded: number;
  readonly bootMs: number;
  readonly slotSpeed: number;
  /** Of all slots of a node together. */
  readonly nodeSpeed: number;
  readonly slotsReady: number;
  /** One for each node that counts and is not loaded, ascending. */
  readonly comingInMs: readonly number[];
}

export interface Outlook {
  /** In order of preference. */
  readonly pools: readonly PoolOutlook[];
  /** GPU slots that no pool of the settings accounts for. */
  readonly otherSlots: number;
  readonly otherSlotSpeed: number;
  readonly cpuSlots: number;
  readonly cpuSlotSpeed: number;
}

export interface OutlookInput {
  readonly situation: Situation;
  readonly memory: Memory;
  readonly settings: ScalingSettings;
}

const nobody: FleetView = {
  gpu: new Map(),
  cpu: { slots: 0, slotSpeed: null },
  loadedNodes: new Set(),
  cpuWorkers: 0,
  busyPools: new Set(),
  isCpuBusy: false,
};

export function outlookOf(input: OutlookInput): Outlook {
  const { situation, memory, settings } = input;
  const fleet = situation.fleet ?? nobody;
  const pools = settings.pools.map((pool) => outlookOfPool(pool, fleet, input));
  const other = fleet.gpu.get(null);
  return {
    pools,
    otherSlots: other?.slots ?? 0,
    otherSlotSpeed: other?.slotSpeed ?? pools[0]?.slotSpeed ?? 0,
    cpuSlots: fleet.cpu.slots,
    cpuSlotSpeed: memory.cpuSlotSpeed ?? settings.cpuSlotSpeedPrior,
  };
}

function outlookOfPool(
  pool: PoolSettings,
  fleet: FleetView,
  { situation, memory }: OutlookInput,
): PoolOutlook {
  const { nowMs, operator } = situation;
  const known = memory.pools.find((each) => each.pool === pool.pool) ?? emptyPoolMemory(pool.pool);
  const view = situation.pools.get(pool.pool) ?? null;
  const bootMs = bootMsP90(known.bootMs, pool.bootMsPrior);
  const slotSpeed = known.slotSpeed ?? pool.slotSpeedPrior;
  const nodesOrdered = view?.nodesDesired ?? known.nodesDesired ?? 0;
  const listed = known.nodes;
  const comingInMs = [
    ...listed.filter(({ state }) => state === 'coming').map(({ sinceMs }) => sinceMs),
    ...unlistedSince(known.missingSinceMs ?? nowMs, nodesOrdered - listed.length),
  ].flatMap((sinceMs) => (sinceMs > nowMs ? [] : (comesInMs(nowMs - sinceMs, bootMs) ?? [])));
  // Nodes beyond the order are about to leave, the latest ones first.
  const surplus = Math.max(0, listed.length - nodesOrdered);
  const sorted = comingInMs.toSorted((a, b) => a - b);
  const staying = sorted.slice(0, Math.max(0, sorted.length - surplus));
  const lost = surplus - (sorted.length - staying.length);
  const slotsSeen = fleet.gpu.get(pool.pool)?.slots ?? 0;
  const loaded = listed.filter(({ state }) => state === 'loaded').length;
  return {
    settings: pool,
    isKnown: view !== null,
    isSizeKnown: view !== null || known.nodesDesired !== null,
    backOffLeftMs: isBackingOff(known.backOff, nowMs) ? (known.backOff?.untilMs ?? 0) - nowMs : 0,
    pause: pauseOf(pool.pool, { operator, annotation: view?.pause ?? null, nowMs }),
    nodesOrdered,
    nodesListed: listed.length,
    nodesLoaded: Math.max(0, loaded - lost),
    bootMs,
    slotSpeed,
    nodeSpeed: pool.slotsPerNode * slotSpeed,
    slotsReady: Math.max(0, slotsSeen - lost * pool.slotsPerNode),
    comingInMs: staying,
  };
}

const unlistedSince = (sinceMs: number, nodes: number): readonly number[] =>
  Array.from({ length: Math.min(nodesRememberedMax, Math.max(0, nodes)) }, () => sinceMs);

/** Nodes that are loaded or will be. */
export const nodesCounted = (pool: PoolOutlook): number =>
  pool.nodesLoaded + pool.comingInMs.length;

export const slotsReadyOf = ({ pools, otherSlots }: Outlook): number =>
  otherSlots + sum(pools.map(({ slotsReady }) => slotsReady));

/** What the dispatchers are told, in order of the settings. */
/** Nodes that this very decision lets go are not counted on any more. */
export function capacityOf(
  outlook: Outlook,
  decided: readonly Pick<PoolDecision, 'pool' | 'nodesDesired'>[],
  nowMs: number,
): readonly PoolCapacity[] {
  const desired = new Map(decided.map(({ pool, nodesDesired }) => [pool, nodesDesired]));
  const pools = outlook.pools.map(
    ({ settings, slotsReady, slotSpeed, comingInMs }): PoolCapacity => ({
      pool: settings.pool,
      kind: 'gpu',
      slotsReady: Math.min(slotsReady, (desired.get(settings.pool) ?? 0) * settings.slotsPerNode),
      slotSpeed: rounded(slotSpeed),
      coming: comingInMs.map((inMs) => ({
        atMs: Math.round(nowMs + inMs),
        slots: settings.slotsPerNode,
      })),
    }),
  );
  const { otherSlots, otherSlotSpeed, cpuSlots, cpuSlotSpeed } = outlook;
  const others = [
    { kind: 'gpu' as const, slotsReady: otherSlots, slotSpeed: rounded(otherSlotSpeed) },
    { kind: 'cpu' as const, slotsReady: cpuSlots, slotSpeed: rounded(cpuSlotSpeed) },
  ].filter(({ slotsReady }) => slotsReady > 0);
  return [...pools, ...others.map((each) => ({ pool: null, ...each, coming: [] }))];
}
