import { timeSeriesPanel } from './panels.ts';
import type { PlacedPanel } from './panels.ts';
import { highest, series } from './series.ts';

/** Lag and age: how much waits, and how long already. */
export function workPanels(): readonly PlacedPanel[] {
  const size = { width: 6, height: 8, min: 0 };
  const unsettled = series('spillway_dispatcher_unsettled_chunks');
  return [
    timeSeriesPanel({
      ...size,
      title: 'Lag of intake by priority',
      description:
        'Chunks without an outcome, as Kafka has them; it rises with a burst and falls to 0 after it. Of them, those that the active dispatcher has read: fewer when they do not fit into its window; a gap: no dispatcher is active.',
      unit: 'short',
      queries: [
        {
          expr: highest('spillway_scaler_intake_lag_chunks', ['priority']),
          legend: '{{priority}}',
        },
        { expr: `sum by (priority) (${unsettled})`, legend: '{{priority}} read' },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Unsettled video by priority',
      description:
        'The same as length of video. Divide it by "Video computed" to know how long it takes to catch up.',
      unit: 's',
      queries: [
        {
          expr: highest('spillway_dispatcher_unsettled_media_seconds', ['priority']),
          legend: '{{priority}}',
        },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Age of the oldest chunk by priority',
      description:
        'Since its submission. Above what producers allow, chunks of this priority are late. Near the retention of intake they would be deleted: add workers or raise retention.ms of the topic at once.',
      unit: 's',
      queries: [
        {
          expr: highest('spillway_dispatcher_oldest_chunk_age_seconds', ['priority']),
          legend: '{{priority}}',
        },
        {
          expr: `min(${series('spillway_dispatcher_intake_retention_seconds')}) > 0 and on () (max(${series('spillway_dispatcher_oldest_chunk_age_seconds')}) > 0.1 * min(${series('spillway_dispatcher_intake_retention_seconds')}))`,
          legend: 'shortest retention (shown when near)',
        },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'What waits, by why it is not spilled',
      description:
        '"gpu-in-time" may wait. "cpu-busy" and "cpu-too-slow": more or faster CPU workers would help now, GPU nodes later. "no-cpu-worker": none serves this priority and model. "gate-shut": the scaler or an operator keeps spill shut; see "spillway explain".',
      unit: 'short',
      isStacked: true,
      queries: [
        { expr: highest('spillway_dispatcher_waiting_chunks', ['verdict']), legend: '{{verdict}}' },
      ],
    }),
  ];
}
