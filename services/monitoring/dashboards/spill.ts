import { timeSeriesPanel } from './panels.ts';
import type { PlacedPanel } from './panels.ts';
import { highest, rateOf } from './series.ts';

const sent = 'spillway_dispatcher_dispatched_media_seconds_total';
const spilled = 'spillway_dispatcher_spilled_media_seconds_total';

/** What goes to CPU workers because no GPU worker would be in time. */
export function spillPanels(): readonly PlacedPanel[] {
  const size = { width: 6, height: 8, min: 0 };
  return [
    timeSeriesPanel({
      ...size,
      title: 'Spill gate',
      description:
        '1: open. What the scaler told and what the dispatcher does differ only while no directive is followed; then the dispatcher goes by each deadline. Open for hours: the GPU pools are too small for the load.',
      unit: 'short',
      max: 1,
      isStepped: true,
      queries: [
        { expr: highest('spillway_scaler_spill_open', []), legend: 'scaler' },
        { expr: highest('spillway_dispatcher_spill_open', []), legend: 'dispatcher' },
        {
          expr: highest('spillway_dispatcher_directive', [], 'state="followed"'),
          legend: 'directive followed',
        },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Video spilled by priority',
      description:
        'Seconds of video per second sent to CPU workers in place of GPU workers. It should begin with a burst and end when the ordered nodes are loaded.',
      unit: 'suffix:× real time',
      isStacked: true,
      queries: [{ expr: rateOf(spilled, ['priority']), legend: '{{priority}}' }],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Share spilled',
      description:
        'Of the video sent to workers. A high share for long costs more CPU than the GPU nodes that would do it.',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr: `${rateOf(spilled, ['priority'])} / ${rateOf(sent, ['priority'])}`,
          legend: '{{priority}}',
        },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Video dispatched by kind',
      description:
        'Seconds of video per second sent into lanes, second tries included. Much above "Video computed": chunks are sent again and again; see "Tries by outcome".',
      unit: 'suffix:× real time',
      isStacked: true,
      queries: [{ expr: rateOf(sent, ['kind', 'priority']), legend: '{{kind}} {{priority}}' }],
    }),
  ];
}
