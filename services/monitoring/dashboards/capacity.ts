import {
  MappingType,
  SpecialValueMatch,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { statPanel, timeSeriesPanel } from './panels.ts';
import type { PlacedPanel } from './panels.ts';
import { highest, quantileWithin, rateOf, series } from './series.ts';

const noBoot: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: 'no boot', color: 'text' } },
};

/** Nodes by boot phase, workers, and how busy they are. */
export function capacityPanels(): readonly PlacedPanel[] {
  return [...nodePanels(), ...workerPanels(), ...computingPanels()];
}

function nodePanels(): readonly PlacedPanel[] {
  const size = { width: 8, height: 8, min: 0 };
  return [
    timeSeriesPanel({
      ...size,
      title: 'GPU nodes by boot phase',
      description:
        'From the order to the loaded worker; only loaded ones compute. A phase that fills and does not empty is where boots hang: ordered = no capacity or quota, launched = the node does not join, ready = the GPU driver, allocatable = the image or the model.',
      unit: 'short',
      isStacked: true,
      queries: [
        { expr: highest('spillway_scaler_nodes', ['pool', 'phase']), legend: '{{pool}} {{phase}}' },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'GPU nodes wanted and there',
      description:
        'Wanted above loaded for longer than a boot: see which phase hangs, and the logs of the scaler for "order-failed". Loaded above wanted: nodes are being let go.',
      unit: 'short',
      isStepped: true,
      queries: [
        { expr: highest('spillway_scaler_nodes_desired', ['pool']), legend: '{{pool}} wanted' },
        {
          expr: highest('spillway_scaler_nodes', ['pool'], 'phase="loaded"'),
          legend: '{{pool}} loaded',
        },
      ],
    }),
    statPanel({
      ...size,
      title: 'Boot times over the time range',
      description:
        'From the order of a node until it reached each phase, nine boots of ten; loaded is the whole boot. Longer than bootSeconds of the pool: the scaler learns it, and orders earlier; a boot twice as long as that counts as failed.',
      unit: 's',
      decimals: 0,
      queries: [
        {
          expr: quantileWithin('$__range', 0.9, {
            histogram: 'spillway_scaler_boot_seconds',
            by: ['pool', 'phase'],
          }),
          legend: '{{pool}} {{phase}}',
        },
      ],
      thresholds: [{ value: null, color: 'blue' }],
      mappings: [noBoot],
      noValue: 'no boot',
    }),
  ];
}

function workerPanels(): readonly PlacedPanel[] {
  const size = { width: 8, height: 8, min: 0 };
  const slots = 'spillway_worker_slots';
  return [
    timeSeriesPanel({
      ...size,
      title: 'Workers by kind and state',
      description:
        'As the active dispatcher hears them. Silent ones died without a word: see their pods. Fewer ready than wanted for long: they wait for nodes, images or models.',
      unit: 'short',
      isStacked: true,
      queries: [
        {
          expr: `${highest('spillway_dispatcher_workers', ['kind', 'state'])} > 0`,
          legend: '{{kind}} {{state}}',
        },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Workers wanted and ready',
      description:
        'What the scaler asks KEDA or its own replica writer for, against what is ready. They part for the length of a boot; for longer, see the events of the Deployment.',
      unit: 'short',
      isStepped: true,
      queries: [
        {
          expr: `sum by (kind) (${highest('spillway_scaler_workers_desired', ['kind', 'pool'])})`,
          legend: '{{kind}} wanted',
        },
        {
          expr: highest('spillway_dispatcher_workers', ['kind'], 'state="ready"'),
          legend: '{{kind}} ready',
        },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Busy share of slots by kind',
      description:
        'Near 1 with video late: more capacity is the cure. Low with video late: something before the workers is slow; see the dispatcher below.',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr: `sum by (kind) (${series(slots, 'state="busy"')}) / sum by (kind) (${series(slots)})`,
          legend: '{{kind}}',
        },
      ],
    }),
  ];
}

function computingPanels(): readonly PlacedPanel[] {
  const size = { width: 12, height: 8, min: 0 };
  return [
    timeSeriesPanel({
      ...size,
      title: 'Video computed by kind',
      description:
        'Seconds of video per second. It must be at least what arrives, or what waits grows.',
      unit: 'suffix:× real time',
      isStacked: true,
      queries: [
        {
          expr: rateOf('spillway_worker_computed_media_seconds_total', ['kind']),
          legend: '{{kind}}',
        },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Tries by outcome',
      description:
        'Chunks computed or failed, as the workers tell. Failures here are tried again on other workers; what fails everywhere is a dead letter.',
      unit: 'ops',
      isStacked: true,
      queries: [
        {
          expr: `${rateOf('spillway_worker_tries_total', ['outcome'])} > 0`,
          legend: '{{outcome}}',
        },
      ],
    }),
  ];
}
