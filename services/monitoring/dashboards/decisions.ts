import { timeSeriesPanel } from './panels.ts';
import type { PlacedPanel } from './panels.ts';
import { highest, quantileOf, rateOf, series } from './series.ts';

/** What was decided and why, and whether those who decide are well. */
export function decisionPanels(): readonly PlacedPanel[] {
  return [
    timeSeriesPanel({
      width: 12,
      height: 8,
      min: 0,
      title: 'Decisions by reason',
      description:
        'Decisions a second on the size of each pool, by what bound it. "ceiling": nodesMax of the pool is too low for the load. "…-unknown" and "clock-jumped": sizes are held until the input is known again. "backing-off": the pool does not deliver. "paused": somebody said so.',
      unit: 'ops',
      isStacked: true,
      queries: [
        {
          expr: rateOf('spillway_scaler_decisions_total', ['pool', 'reason']),
          legend: '{{pool}} {{reason}}',
        },
      ],
    }),
    timeSeriesPanel({
      width: 12,
      height: 8,
      min: 0,
      title: 'Orders by outcome',
      description:
        'Sizes told to pools a second. "unreachable" is tried again; "refused" is a former leader or a wrong stamp; "unknown-pool" and "unexpected" need a look at the settings and rights of the scaler.',
      unit: 'ops',
      isStacked: true,
      queries: [
        {
          expr: rateOf('spillway_scaler_orders_total', ['pool', 'outcome']),
          legend: '{{pool}} {{outcome}}',
        },
      ],
    }),
  ];
}

export function healthPanels(): readonly PlacedPanel[] {
  return [...rolePanels(), ...speedPanels()];
}

function rolePanels(): readonly PlacedPanel[] {
  const size = { width: 8, height: 8, min: 0 };
  return [
    timeSeriesPanel({
      ...size,
      title: 'Who is active',
      description:
        'One active dispatcher and one leading scaler, and at least one process more of each to take over. None for more than ten seconds: see the logs of the stand-by.',
      unit: 'short',
      isStepped: true,
      queries: [
        { expr: `sum(${series('spillway_dispatcher_active')})`, legend: 'dispatchers active' },
        { expr: `count(${series('spillway_dispatcher_active')})`, legend: 'dispatchers there' },
        { expr: `sum(${series('spillway_scaler_leader')})`, legend: 'scalers leading' },
        { expr: `count(${series('spillway_scaler_leader')})`, legend: 'scalers there' },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Age of the inputs of the scaler',
      description:
        'Since each was last known; a size that depends on a stale one is held. intake: Kafka. demand: the dispatcher. fleet: heartbeats. A pool: the API of its driver, or rights on it.',
      unit: 's',
      queries: [
        { expr: highest('spillway_scaler_input_age_seconds', ['input']), legend: '{{input}}' },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'CPU of the busiest process',
      description:
        'Cores that the busiest process of each job uses. A dispatcher near 1 cannot read or settle faster; a worker has its executors besides.',
      unit: 'short',
      queries: [
        {
          expr: `max by (job) (rate(process_cpu_seconds_total{namespace=~"$namespace"}[$__rate_interval]) and on (job, instance) ${series('spillway_process_state', 'state="running"')})`,
          legend: '{{job}}',
        },
      ],
    }),
  ];
}

function speedPanels(): readonly PlacedPanel[] {
  const size = { width: 8, height: 8, min: 0 };
  return [
    timeSeriesPanel({
      ...size,
      title: 'Tick of the scaler',
      description:
        'From the look at the world to the last order. Longer than a few seconds: Kafka or the API of a node pool is slow; the next tick waits for it.',
      unit: 's',
      queries: [
        { expr: quantileOf(0.5, 'spillway_scaler_tick_seconds', []), legend: 'half' },
        { expr: quantileOf(0.99, 'spillway_scaler_tick_seconds', []), legend: '99 %' },
        { expr: rateOf('spillway_scaler_ticks_failed_total', []), legend: 'failed ticks a second' },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Settling transactions of the dispatcher',
      description:
        'Results are readable when theirs is committed. Above a second: the brokers are slow or a coordinator moved.',
      unit: 's',
      queries: [
        { expr: quantileOf(0.5, 'spillway_dispatcher_settle_seconds', []), legend: 'half' },
        { expr: quantileOf(0.99, 'spillway_dispatcher_settle_seconds', []), legend: '99 %' },
      ],
    }),
    timeSeriesPanel({
      ...size,
      title: 'Calls of KEDA, and replicas written',
      description:
        'A second, by answer; empty where neither scales the workers. Calls that are not OK: KEDA falls back on the lag of intake; see the logs of the scaler. Writes that are not accepted: the rights on the Deployment, or another writer.',
      unit: 'ops',
      queries: [
        {
          expr: rateOf('spillway_scaler_keda_calls_total', ['method', 'code']),
          legend: '{{method}} {{code}}',
        },
        {
          expr: rateOf('spillway_scaler_replica_writes_total', ['kind', 'pool', 'outcome']),
          legend: 'write {{kind}} {{pool}} {{outcome}}',
        },
      ],
    }),
  ];
}
