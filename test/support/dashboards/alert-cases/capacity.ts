import { inNamespace } from './alert-case.ts';
import type { AlertCase } from './alert-case.ts';

const pool = '{namespace="video", pool="l4"}';
const ofPool = { namespace: 'video', pool: 'l4' };

const nodes = (loaded: number) => ({
  [`spillway_scaler_nodes_desired${pool}`]: '2x800',
  'spillway_scaler_nodes{namespace="video", pool="l4", phase="loaded"}': `${loaded}x800`,
  'spillway_scaler_nodes{namespace="video", pool="l4", phase="launched"}': `${2 - loaded}x800`,
});

export const capacityCases: readonly AlertCase[] = [
  {
    alert: 'SpillwayPoolBackingOff',
    series: { [`spillway_scaler_pool_backing_off${pool}`]: '1x60' },
    atMinutes: 5,
    fires: { labels: ofPool, summary: 'Node pool l4 does not deliver' },
  },
  {
    alert: 'SpillwayPoolBackingOff',
    series: { [`spillway_scaler_pool_backing_off${pool}`]: '0x60' },
    atMinutes: 5,
    fires: null,
  },
  {
    alert: 'SpillwayNodesOverdue',
    series: nodes(1),
    atMinutes: 35,
    fires: {
      labels: ofPool,
      summary: 'Node pool l4 has fewer loaded nodes than wanted for half an hour',
    },
  },
  { alert: 'SpillwayNodesOverdue', series: nodes(2), atMinutes: 35, fires: null },
  {
    alert: 'SpillwaySpillOpenLong',
    series: { 'spillway_scaler_spill_open{namespace="video"}': '1x100' },
    atMinutes: 65,
    fires: { labels: inNamespace, summary: 'Spill has been open for an hour' },
  },
  {
    alert: 'SpillwaySpillOpenLong',
    series: { 'spillway_scaler_spill_open{namespace="video"}': '1x40 0 1x60' },
    atMinutes: 65,
    fires: null,
  },
  {
    alert: 'SpillwayPoolPausedLong',
    series: { [`spillway_scaler_pool_paused${pool}`]: '1x800' },
    atMinutes: 725,
    fires: { labels: ofPool, summary: 'Node pool l4 has been paused for half a day' },
  },
  {
    alert: 'SpillwayPoolPausedLong',
    series: { [`spillway_scaler_pool_paused${pool}`]: '1x300' },
    atMinutes: 300,
    fires: null,
  },
];
