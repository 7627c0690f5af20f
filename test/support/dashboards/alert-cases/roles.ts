import { inNamespace, once } from './alert-case.ts';
import type { AlertCase } from './alert-case.ts';

const running = { 'spillway_process_state{namespace="video", state="running"}': '1x60' };

/** Two processes of a role, and what each says of itself. */
const two = (metric: string, first: string, second: string) => ({
  ...running,
  [`${metric}{namespace="video", pod="a"}`]: first,
  [`${metric}{namespace="video", pod="b"}`]: second,
});

const active = 'spillway_dispatcher_active';
const leader = 'spillway_scaler_leader';

export const roleCases: readonly AlertCase[] = [
  {
    alert: 'SpillwayNotScraped',
    series: { 'up{job="another"}': '1x60' },
    atMinutes: 10,
    fires: { labels: {}, summary: 'Prometheus sees no process of Spillway' },
  },
  { alert: 'SpillwayNotScraped', series: running, atMinutes: 10, fires: null },
  {
    alert: 'SpillwayNoActiveDispatcher',
    series: two(active, '0x60', '0x60'),
    atMinutes: 5,
    fires: { labels: inNamespace, summary: 'No dispatcher is active' },
  },
  {
    alert: 'SpillwayNoActiveDispatcher',
    series: running,
    atMinutes: 5,
    fires: { labels: inNamespace, summary: 'No dispatcher is active' },
  },
  {
    // Outside a cluster no series has a namespace.
    alert: 'SpillwayNoActiveDispatcher',
    series: {
      'spillway_process_state{state="running"}': '1x60',
      'spillway_dispatcher_active{instance="a"}': '0x60',
    },
    atMinutes: 5,
    fires: { labels: {}, summary: 'No dispatcher is active' },
  },
  {
    alert: 'SpillwayNoActiveDispatcher',
    series: two(active, '1x10 0x50', '0x10 1x50'),
    atMinutes: 15,
    fires: null,
  },
  {
    alert: 'SpillwayNoLeadingScaler',
    series: two(leader, '0x60', '0x60'),
    atMinutes: 5,
    fires: { labels: inNamespace, summary: 'No scaler leads' },
  },
  {
    alert: 'SpillwayNoLeadingScaler',
    series: two(leader, '0x60', '1x60'),
    atMinutes: 5,
    fires: null,
  },
  {
    alert: 'SpillwayDirectiveExpired',
    series: { 'spillway_dispatcher_directive{namespace="video", state="expired"}': '1x60' },
    atMinutes: 5,
    fires: { labels: inNamespace, summary: 'The dispatcher hears nothing from the scaler' },
  },
  {
    alert: 'SpillwayDirectiveExpired',
    series: {
      'spillway_dispatcher_directive{namespace="video", state="expired"}': '0x60',
      'spillway_dispatcher_directive{namespace="video", state="followed"}': '1x60',
    },
    atMinutes: 5,
    fires: null,
  },
  {
    alert: 'SpillwayInputStale',
    series: { 'spillway_scaler_input_age_seconds{namespace="video", input="pool l4"}': '90x60' },
    atMinutes: 5,
    fires: {
      labels: { ...inNamespace, input: 'pool l4' },
      summary: 'The scaler has not known pool l4 for 1m 30s',
    },
  },
  {
    alert: 'SpillwayInputStale',
    series: { 'spillway_scaler_input_age_seconds{namespace="video", input="pool l4"}': '5x60' },
    atMinutes: 5,
    fires: null,
  },
  {
    alert: 'SpillwayTicksFail',
    series: { 'spillway_scaler_ticks_failed_total{namespace="video"}': '0+1x60' },
    atMinutes: 15,
    fires: { labels: inNamespace, summary: 'The scaler cannot publish what it decides' },
  },
  {
    alert: 'SpillwayTicksFail',
    series: { 'spillway_scaler_ticks_failed_total{namespace="video"}': once(1) },
    atMinutes: 20,
    fires: null,
  },
  {
    alert: 'SpillwayKedaCallsFail',
    series: {
      'spillway_scaler_keda_calls_total{namespace="video", method="GetMetrics", code="UNAVAILABLE"}':
        '0+2x60',
    },
    atMinutes: 15,
    fires: {
      labels: { ...inNamespace, method: 'GetMetrics', code: 'UNAVAILABLE' },
      summary: 'KEDA gets UNAVAILABLE for GetMetrics',
    },
  },
  {
    alert: 'SpillwayKedaCallsFail',
    series: {
      'spillway_scaler_keda_calls_total{namespace="video", method="GetMetrics", code="OK"}':
        '0+2x60',
    },
    atMinutes: 15,
    fires: null,
  },
];
