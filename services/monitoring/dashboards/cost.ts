import { statPanel, timeSeriesPanel } from './panels.ts';
import type { PlacedPanel } from './panels.ts';
import { growthOf, highest } from './series.ts';

const spent = growthOf('spillway_scaler_cost_total', '$__range');
const computedHours = `(${growthOf('spillway_worker_computed_media_seconds_total', '$__range')} / 3600)`;

/** Money, in the currency of `pricePerHour` of the pools. */
export function costPanels(): readonly PlacedPanel[] {
  const tile = { width: 6, height: 8, decimals: 2, noValue: 'no priced pool' };
  return [
    timeSeriesPanel({
      width: 12,
      height: 8,
      min: 0,
      title: 'Cost per hour by pool',
      description:
        'Price of the nodes that are there, booting ones too, in the currency of pricePerHour of each pool. 0 where no price is given.',
      unit: 'short',
      isStacked: true,
      queries: [{ expr: highest('spillway_scaler_cost_per_hour', ['pool']), legend: '{{pool}}' }],
    }),
    statPanel({
      ...tile,
      title: 'Cost over the time range',
      description: 'What the nodes of all pools cost within the time range chosen above.',
      unit: 'short',
      queries: [{ expr: spent, legend: 'all pools' }],
    }),
    statPanel({
      ...tile,
      title: 'Cost per hour of video',
      description:
        'Cost over the time range for each hour of video that was computed in it, by GPU and CPU workers. It rises when nodes idle: see whether nodesMin is too high.',
      unit: 'short',
      queries: [{ expr: `${spent} / (${computedHours} > 0)`, legend: 'per hour of video' }],
    }),
  ];
}
