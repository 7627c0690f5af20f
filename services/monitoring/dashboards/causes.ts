import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { statPanel } from './panels.ts';
import type { PlacedPanel, Query } from './panels.ts';
import { growthOf, highest, series } from './series.ts';

/** One thing that makes video late: 0 while it does not hold. */
interface Cause {
  readonly name: string;
  readonly expr: string;
  readonly fine: string;
  readonly wrong: string;
  /** Orange: as it should be under load, but the reason why something waits. */
  readonly colour: 'red' | 'orange';
}

/** Present wherever any of our processes is scraped, so that what is absent counts as wrong. */
const anybody = `group(${series('spillway_process_state')})`;

/** 1 where fewer than one process says 1. */
const nobodyIs = (metric: string): string => `(sum(${series(metric)}) or 0 * ${anybody}) < bool 1`;

const isAbove = (expr: string, bound: number): string => `(${expr}) > bool ${bound}`;

const busyShare = (kind: string): string => {
  const slots = 'spillway_worker_slots';
  const ofKind = `kind="${kind}"`;
  return `sum(${series(slots, ofKind, 'state="busy"')}) / sum(${series(slots, ofKind)}) or 0 * ${anybody}`;
};

const unsettled = `sum(${series('spillway_dispatcher_unsettled_chunks')})`;

const causes: readonly Cause[] = [
  {
    name: 'Dispatcher',
    expr: nobodyIs('spillway_dispatcher_active'),
    fine: 'active',
    wrong: 'NONE ACTIVE',
    colour: 'red',
  },
  {
    name: 'Scaler',
    expr: nobodyIs('spillway_scaler_leader'),
    fine: 'leads',
    wrong: 'NONE LEADS',
    colour: 'red',
  },
  {
    name: 'What it knows',
    expr: isAbove(`max(${series('spillway_scaler_input_age_seconds')})`, 15),
    fine: 'fresh',
    wrong: 'STALE',
    colour: 'red',
  },
  {
    name: 'Node pools',
    expr: isAbove(highest('spillway_scaler_pool_backing_off', []), 0),
    fine: 'deliver',
    wrong: 'NO NODES COME',
    colour: 'red',
  },
  {
    name: 'Operator',
    expr: isAbove(highest('spillway_scaler_pool_paused', []), 0),
    fine: 'nothing paused',
    wrong: 'POOL PAUSED',
    colour: 'orange',
  },
  {
    name: 'GPU workers',
    expr: `((${highest('spillway_dispatcher_workers', [], 'kind="gpu"', 'state="ready"')}) == bool 0) * (${unsettled} > bool 0)`,
    fine: 'ready or not needed',
    wrong: 'NONE READY',
    colour: 'orange',
  },
  {
    name: 'GPU nodes',
    expr: isAbove(
      `sum(${highest('spillway_scaler_nodes', ['pool', 'phase'], 'phase!~"loaded|leaving"')})`,
      0,
    ),
    fine: 'none boots',
    wrong: 'BOOTING',
    colour: 'orange',
  },
  {
    name: 'GPU slots',
    expr: isAbove(busyShare('gpu'), 0.95),
    fine: 'not all busy',
    wrong: 'ALL BUSY',
    colour: 'orange',
  },
  {
    name: 'CPU slots',
    expr: isAbove(busyShare('cpu'), 0.95),
    fine: 'not all busy',
    wrong: 'ALL BUSY',
    colour: 'orange',
  },
  {
    name: 'Spill',
    expr: isAbove(highest('spillway_dispatcher_spill_open', []), 0),
    fine: 'shut',
    wrong: 'OPEN',
    colour: 'orange',
  },
  {
    name: 'Workers',
    expr: isAbove(`sum(${highest('spillway_dispatcher_workers', ['kind'], 'state="silent"')})`, 0),
    fine: 'all heard',
    wrong: 'SOME DIED',
    colour: 'red',
  },
  {
    name: 'Dead letters in 15 minutes',
    expr: isAbove(growthOf('spillway_dispatcher_dead_letters_total', '15m'), 0),
    fine: 'none',
    wrong: 'SOME',
    colour: 'orange',
  },
];

/** All that can make video late, in the order in which a person should look. */
export function causesPanel(): PlacedPanel {
  return statPanel({
    title: 'If not, why',
    description:
      'From the left: what must be mended before anything to its right can get better. Red is broken. Orange is the system at work on a load that is more than its ready GPU workers do in time: nodes boot, spill is open, slots are busy. All green and still late: the deadlines are shorter than the path; see "From submission to result". "spillway explain" tells the last decisions in words.',
    unit: 'none',
    queries: causes.map(({ name, expr }): Query => ({ expr, legend: name })),
    mappingsOf: Object.fromEntries(causes.map((cause) => [cause.name, [wordsOf(cause)]])),
    noValue: 'not told',
    width: 24,
    height: 4,
  });
}

function wordsOf({ fine, wrong, colour }: Cause): ValueMapping {
  return {
    type: MappingType.ValueToText,
    options: {
      '0': { text: fine, color: 'green', index: 0 },
      '1': { text: wrong, color: colour, index: 1 },
    },
  };
}
