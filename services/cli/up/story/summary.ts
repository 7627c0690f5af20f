import type { LocalPoolView } from '../../../local/nodes/local-pool.ts';
import { priorities } from '../../../shared/chunk/words.ts';
import type { Priority } from '../../../shared/chunk/words.ts';
import { describeDetections } from '../../outcomes/describe-outcome.ts';
import { table } from '../../system-view/table.ts';
import type { Colours } from '../../terminal.ts';
import { quantile } from '../progress.ts';
import type { Progress } from '../progress.ts';
import { judge, share, storyFacts } from './criteria.ts';
import type { Criterion, StoryFacts } from './criteria.ts';
import { describeCost, nodeCost } from './demo-nodes.ts';
import type { NodeCost } from './demo-nodes.ts';
import type { NodeHistory } from './node-history.ts';
import type { StoryLedger } from './story-ledger.ts';
import { emulationNote, storySettings } from './story-plan.ts';
import type { StoryPart } from './story-plan.ts';

/** How the story went; the form of `--json FILE`. */
export interface Summary {
  readonly emulated: true;
  readonly note: string;
  /** Which parts took part. */
  readonly parts: { readonly spill: boolean; readonly scaler: boolean };
  readonly criteria: readonly Criterion[];
  readonly isWell: boolean;
  readonly facts: StoryFacts;
  readonly chunks: readonly ChunkRow[];
  readonly nodes: {
    readonly bootSeconds: readonly number[];
    readonly nodeHours: number;
    readonly pricePerHour: number;
    readonly cost: number;
    readonly alwaysOnCost: number;
  };
  readonly detections: Readonly<Record<string, number>>;
  /** From submission to result. */
  readonly secondsTaken: { readonly median: number | null; readonly p99: number | null };
  /** From the first submission to the end of the story. */
  readonly seconds: number;
}

/** Chunks of one priority and part, by how they ended. */
export interface ChunkRow {
  readonly part: StoryPart;
  readonly priority: Priority;
  readonly submitted: number;
  readonly onTime: number;
  readonly late: number;
  readonly spilled: number;
  readonly expired: number;
  readonly deadLetters: number;
}

export interface StoryEnd {
  readonly ledger: StoryLedger;
  readonly nodes: NodeHistory;
  readonly pools: readonly LocalPoolView[];
  readonly progress: Progress;
  readonly parts: Summary['parts'];
  /** Since the first submission. */
  readonly playedMs: number;
  /** Since the system was started. */
  readonly upMs: number;
}

export function summarize(end: StoryEnd): Summary {
  const { ledger, nodes, pools, progress, parts, playedMs, upMs } = end;
  const { pricePerHour } = storySettings;
  const facts = storyFacts(ledger, nodes);
  const criteria = judge(facts);
  const cost: NodeCost = nodeCost(pools, { pricePerHour, sinceMs: upMs });
  return {
    emulated: true,
    note: emulationNote,
    parts,
    criteria,
    isWell: criteria.every(({ holds }) => holds),
    facts,
    chunks: chunkRows(ledger),
    nodes: {
      bootSeconds: nodes.bootsMs().map((bootMs) => round(bootMs / 1000, 1)),
      nodeHours: round(cost.nodeHours, 5),
      pricePerHour,
      cost: round(cost.cost, 4),
      alwaysOnCost: round(cost.alwaysOnCost, 4),
    },
    detections: Object.fromEntries(progress.detections),
    secondsTaken: {
      median: roundKnown(quantile(progress.tookSeconds, 0.5)),
      p99: roundKnown(quantile(progress.tookSeconds, 0.99)),
    },
    seconds: round(playedMs / 1000, 1),
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
const roundKnown = (value: number | null): number | null =>
  value === null ? null : round(value, 3);

function chunkRows(ledger: StoryLedger): readonly ChunkRow[] {
  const parts: readonly StoryPart[] = ['steady', 'burst'];
  return parts.flatMap((part) =>
    priorities.flatMap((priority) => {
      const chunks = ledger
        .chunks()
        .filter((chunk) => chunk.part === part && chunk.priority === priority);
      if (chunks.length === 0) return [];
      const ends = chunks.flatMap(({ ended }) => ended ?? []);
      const results = ends.filter(({ outcome }) => outcome === 'result');
      return [
        {
          part,
          priority,
          submitted: chunks.length,
          onTime: results.filter(({ isOnTime }) => isOnTime).length,
          late: results.filter(({ isOnTime }) => !isOnTime).length,
          spilled: results.filter(({ isSpilled }) => isSpilled).length,
          expired: ends.filter(({ outcome }) => outcome === 'expired').length,
          deadLetters: ends.filter(({ outcome }) => outcome === 'dead-letter').length,
        },
      ];
    }),
  );
}

/** The summary as a person reads it. */
export function summaryLines(summary: Summary, colours: Colours): readonly string[] {
  const { criteria, facts, chunks, nodes, secondsTaken, parts } = summary;
  const took = (value: number | null): string => (value === null ? 'unknown' : `${value} s`);
  const { gpu, pricePerHour } = storySettings;
  const boots = nodes.bootSeconds.length === 0 ? 'none' : `${nodes.bootSeconds.join(' s, ')} s`;
  const left = [
    ...(parts.spill ? [] : ['without spill']),
    ...(parts.scaler ? [] : ['without the scaler']),
  ];
  return [
    ...(left.length === 0 ? [] : [colours.strong(`played ${left.join(' and ')}`)]),
    ...table([chunkHead, ...chunks.map(chunkCells)], colours),
    `burst      on time ${share(facts.burstOnTime, facts.burst)}`,
    `took       from submission to result: median ${took(secondsTaken.median)}, p99 ${took(secondsTaken.p99)}; all in ${summary.seconds} s`,
    `detections ${describeDetections(new Map(Object.entries(summary.detections)))}`,
    `boots      ${boots}`,
    `cost       ${describeCost(nodes, { nodesMax: gpu.nodesMax, pricePerHour })}`,
    summary.note,
    ...criteria.map((criterion) => criterionLine(criterion, colours)),
    ...(isTooSlow(summary) ? [colours.bad('machine too slow for this demo')] : []),
  ];
}

const isTooSlow = ({ criteria }: Summary): boolean =>
  criteria.some(({ name, holds }) => name === 'machine-fast-enough' && !holds);

function criterionLine({ wanted, figure, holds }: Criterion, colours: Colours): string {
  return `${holds ? colours.good('holds') : colours.bad('FAILS')}  ${wanted}: ${figure}`;
}

const chunkHead = ['CHUNKS', 'SUBMITTED', 'ON TIME', 'LATE', 'SPILLED', 'EXPIRED', 'DEAD'];

function chunkCells(row: ChunkRow): readonly string[] {
  const { submitted, onTime, late, spilled, expired, deadLetters } = row;
  const counts = [submitted, onTime, late, spilled, expired, deadLetters];
  return [`${row.part} ${row.priority}`, ...counts.map(String)];
}
