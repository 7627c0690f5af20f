import type { NodeHistory } from './node-history.ts';
import type { StoryChunk, StoryLedger } from './story-ledger.ts';

/** Something the demo is to show, and whether it did. */
export interface Criterion {
  readonly name: CriterionName;
  readonly wanted: string;
  /** What was found, in words. */
  readonly figure: string;
  readonly holds: boolean;
}

export type CriterionName =
  | 'one-outcome-each'
  | 'spilled-while-nodes-booted'
  | 'spilled-on-time'
  | 'live-on-time'
  | 'node-booted-and-left'
  | 'nothing-computed-twice'
  | 'machine-fast-enough';

/** What the criteria are judged by. */
export interface StoryFacts {
  readonly submitted: number;
  readonly missing: number;
  /** Outcomes beyond the first of a chunk. */
  readonly surplus: number;
  readonly deadLetters: number;
  readonly burst: number;
  readonly burstOnTime: number;
  readonly burstSpilledWhileBooting: number;
  readonly spilled: number;
  readonly spilledOnTime: number;
  readonly live: number;
  readonly liveOnTime: number;
  readonly nodesOrdered: number;
  readonly nodesLoaded: number;
  readonly nodesLeft: number;
  readonly computedTwice: number;
  readonly tries: number;
  readonly paceMissed: number;
}

export function storyFacts(ledger: StoryLedger, nodes: NodeHistory): StoryFacts {
  const chunks = ledger.chunks();
  const counted = (isCounted: (chunk: StoryChunk) => boolean): number =>
    chunks.filter(isCounted).length;
  const isOnTime = ({ ended }: StoryChunk): boolean => ended?.isOnTime === true;
  const isSpilled = ({ ended }: StoryChunk): boolean => ended?.isSpilled === true;
  const isBurst = ({ part }: StoryChunk): boolean => part === 'burst';
  const isLive = ({ priority }: StoryChunk): boolean => priority === 'live';
  const isWhileBooting = ({ ended }: StoryChunk): boolean =>
    ended !== null && ended.dispatchedAtMs !== null && nodes.wasBootingAt(ended.dispatchedAtMs);
  const { missed: paceMissed, tries } = ledger.pace();
  return {
    submitted: chunks.length,
    missing: counted(({ outcomes }) => outcomes === 0),
    surplus: chunks.reduce((sum, { outcomes }) => sum + Math.max(0, outcomes - 1), 0),
    deadLetters: counted(({ ended }) => ended?.outcome === 'dead-letter'),
    burst: counted(isBurst),
    burstOnTime: counted((chunk) => isBurst(chunk) && isOnTime(chunk)),
    burstSpilledWhileBooting: counted(
      (chunk) => isBurst(chunk) && isSpilled(chunk) && isWhileBooting(chunk),
    ),
    spilled: counted(isSpilled),
    spilledOnTime: counted((chunk) => isSpilled(chunk) && isOnTime(chunk)),
    live: counted(isLive),
    liveOnTime: counted((chunk) => isLive(chunk) && isOnTime(chunk)),
    nodesOrdered: nodes.ordered(),
    nodesLoaded: nodes.loaded(),
    nodesLeft: nodes.left(),
    computedTwice: ledger.computedTwice(),
    tries,
    paceMissed,
  };
}

const spilledFractionMin = 0.1;
const onTimeFractionMin = 0.99;
const paceMissedFractionMax = 0.05;

export function judge(facts: StoryFacts): readonly Criterion[] {
  const { submitted, missing, surplus, deadLetters, nodesOrdered, nodesLoaded, nodesLeft } = facts;
  const { tries, paceMissed, computedTwice } = facts;
  return [
    {
      name: 'one-outcome-each',
      wanted: 'every chunk has one outcome, none a dead letter',
      figure: `${submitted} chunks: ${missing} without an outcome, ${surplus} outcomes too many, ${deadLetters} dead letters`,
      holds: submitted > 0 && missing === 0 && surplus === 0 && deadLetters === 0,
    },
    {
      name: 'spilled-while-nodes-booted',
      wanted: 'at least 10 % of the burst spilled while nodes booted',
      figure: share(facts.burstSpilledWhileBooting, facts.burst),
      holds: isAtLeast(facts.burstSpilledWhileBooting, facts.burst, spilledFractionMin),
    },
    {
      name: 'spilled-on-time',
      wanted: 'at least 99 % of the spilled on time',
      figure: share(facts.spilledOnTime, facts.spilled),
      holds: isAtLeast(facts.spilledOnTime, facts.spilled, onTimeFractionMin),
    },
    {
      name: 'live-on-time',
      wanted: 'at least 99 % of live on time',
      figure: share(facts.liveOnTime, facts.live),
      holds: isAtLeast(facts.liveOnTime, facts.live, onTimeFractionMin),
    },
    {
      name: 'node-booted-and-left',
      wanted: 'a node booted and left again',
      figure: `${nodesOrdered} ordered, ${nodesLoaded} of them computed, ${nodesLeft} of them left`,
      holds: nodesLeft > 0,
    },
    {
      name: 'nothing-computed-twice',
      wanted: 'no chunk computed twice',
      figure: `${computedTwice} were, of ${tries} tries`,
      holds: tries > 0 && computedTwice === 0,
    },
    {
      name: 'machine-fast-enough',
      wanted: 'the pace of the emulated devices missed in at most 5 % of the tries',
      figure: share(paceMissed, tries),
      holds: tries > 0 && paceMissed <= tries * paceMissedFractionMax,
    },
  ];
}

/** Of nothing, no share is enough. */
const isAtLeast = (part: number, whole: number, fraction: number): boolean =>
  whole > 0 && part >= whole * fraction;

/** `99.7 % (312 of 313)`; rounded down, so that 100 % means all. */
export function share(part: number, whole: number): string {
  if (whole === 0) return 'none at all';
  return `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)} % (${part} of ${whole})`;
}
