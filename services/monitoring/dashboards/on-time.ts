import {
  MappingType,
  SpecialValueMatch,
  type Threshold,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { statPanel, timeSeriesPanel } from './panels.ts';
import type { PlacedPanel } from './panels.ts';
import { growthOf, highest, quantileOf, rateOf } from './series.ts';
import { causesPanel } from './causes.ts';

const results = 'spillway_dispatcher_results_total';
const expired = 'spillway_dispatcher_expired_chunks_total';

const shareThresholds: readonly Threshold[] = [
  { value: null, color: 'red' },
  { value: 0.95, color: 'orange' },
  { value: 0.99, color: 'green' },
];

/** Nothing ended, so there is no share: neither good nor bad. */
const nothingEnded: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: 'no work', color: 'blue' } },
};

/** Of what was wanted in time: expired chunks were not served at all. Dead letters are not late. */
function shareOnTime(countOf: (metric: string, ...matchers: string[]) => string): string {
  return `${countOf(results, 'deadline="met"')} / (${countOf(results)} + ${countOf(expired)})`;
}

const shareWithin = (window: string): string =>
  shareOnTime((metric, ...matchers) => growthOf(metric, window, { by: ['priority'], matchers }));

/** Whether video is on time, and if not, why: what a person sees first. */
export function onTimePanels(): readonly PlacedPanel[] {
  return [...tiles(), causesPanel(), ...histories()];
}

function tiles(): readonly PlacedPanel[] {
  const share = {
    unit: 'percentunit',
    thresholds: shareThresholds,
    mappings: [nothingEnded],
    noValue: 'nobody tells',
    decimals: 1,
    width: 8,
    height: 5,
  };
  const legend = '{{priority}}';
  return [
    statPanel({
      ...share,
      title: 'On time, last 5 minutes',
      description:
        'Share of the chunks that ended in time, of those that ended with a result or expired. Green: nothing to do. Else read the line "If not, why" from the left: its first red tile is what to see to. "nobody tells": no dispatcher is scraped.',
      queries: [{ expr: shareWithin('5m'), legend }],
    }),
    statPanel({
      ...share,
      title: 'On time, whole time range',
      description:
        'The same over all of the time range chosen above. Red here and green beside it: it is over; widen the range to see when it was.',
      queries: [{ expr: shareWithin('$__range'), legend }],
    }),
    statPanel({
      title: 'Overdue now',
      description:
        'Length of the video that has not ended although its deadline has passed. More than nothing for minutes: the workers cannot keep up, or nothing moves at all.',
      unit: 's',
      queries: [
        { expr: highest('spillway_dispatcher_overdue_media_seconds', ['priority']), legend },
      ],
      thresholds: [
        { value: null, color: 'green' },
        { value: 0.001, color: 'orange' },
        { value: 60, color: 'red' },
      ],
      noValue: 'no active dispatcher',
      decimals: 0,
      width: 8,
      height: 5,
    }),
  ];
}

function histories(): readonly PlacedPanel[] {
  const size = { width: 8, height: 9 };
  const ended = 'spillway_dispatcher_result_seconds';
  return [
    timeSeriesPanel({
      ...size,
      title: 'On time by priority',
      description:
        'Share of the chunks that ended in time. Where live stays up and bulk falls, priority does what it is for; where live falls, see below which of lag, nodes and spill moved first.',
      unit: 'percentunit',
      min: 0,
      max: 1,
      queries: [
        {
          expr: shareOnTime((metric, ...matchers) => rateOf(metric, ['priority'], ...matchers)),
          legend: '{{priority}}',
        },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Chunks that ended, by outcome',
      description:
        'Everything that was accepted ends here once. Dead letters: run "spillway deadletters list". Expired or lost ones waited longer than their priority or retention allows.',
      unit: 'ops',
      isStacked: true,
      min: 0,
      queries: [
        { expr: rateOf(results, [], 'deadline="met"'), legend: 'in time' },
        { expr: rateOf(results, [], 'deadline="missed"'), legend: 'late' },
        { expr: rateOf(expired, []), legend: 'expired' },
        { expr: rateOf('spillway_dispatcher_dead_letters_total', []), legend: 'dead letter' },
        { expr: rateOf('spillway_dispatcher_lost_chunks_total', []), legend: 'lost to retention' },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'From submission to result',
      description:
        'How long chunks took, half of them and all but one in twenty. Compare with what your producers allow; a steady rise means that capacity is short, whatever the share in time still says.',
      unit: 's',
      min: 0,
      queries: [
        { expr: quantileOf(0.5, ended, ['priority']), legend: '{{priority}} half' },
        { expr: quantileOf(0.95, ended, ['priority']), legend: '{{priority}} 95 %' },
      ],
    }),
  ];
}
