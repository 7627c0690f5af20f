import { inNamespace, once } from './alert-case.ts';
import type { AlertCase } from './alert-case.ts';

const live = '{namespace="video", priority="live"}';
const ofLive = { namespace: 'video', priority: 'live' };

const ended = (met: string, missed: string, expired = '0x60') => ({
  'spillway_dispatcher_results_total{namespace="video", priority="live", deadline="met"}': met,
  'spillway_dispatcher_results_total{namespace="video", priority="live", deadline="missed"}':
    missed,
  'spillway_dispatcher_expired_chunks_total{namespace="video", priority="live", cause="deadline"}':
    expired,
});

export const videoCases: readonly AlertCase[] = [
  {
    alert: 'SpillwayVideoLate',
    series: ended('0+90x60', '0+10x60'),
    atMinutes: 20,
    fires: {
      labels: { ...ofLive, severity: 'critical' },
      summary: '10% of the live video is late',
    },
  },
  {
    alert: 'SpillwayVideoLate',
    series: ended('0+90x60', '0x60', '0+10x60'),
    atMinutes: 20,
    fires: {
      labels: { ...ofLive, severity: 'critical' },
      summary: '10% of the live video is late',
    },
  },
  {
    alert: 'SpillwayVideoLate',
    series: ended('0+96x60', '0+4x60'),
    atMinutes: 20,
    fires: null,
  },
  { alert: 'SpillwayVideoLate', series: ended('0x60', '0x60'), atMinutes: 20, fires: null },
  {
    alert: 'SpillwayVideoOverdue',
    series: { [`spillway_dispatcher_overdue_media_seconds${live}`]: '90x60' },
    atMinutes: 20,
    fires: { labels: ofLive, summary: '1m 30s of live video is overdue' },
  },
  {
    alert: 'SpillwayVideoOverdue',
    series: { [`spillway_dispatcher_overdue_media_seconds${live}`]: '90x10 0 90x50' },
    atMinutes: 20,
    fires: null,
  },
  {
    alert: 'SpillwayChunksLost',
    series: { 'spillway_dispatcher_lost_chunks_total{namespace="video"}': once(3) },
    atMinutes: 12,
    fires: {
      labels: inNamespace,
      summary: 'Retention deleted about 3 chunks before they were settled',
    },
  },
  {
    alert: 'SpillwayChunksLost',
    series: { 'spillway_dispatcher_lost_chunks_total{namespace="video"}': once(3) },
    atMinutes: 40,
    fires: null,
  },
  {
    alert: 'SpillwayRetentionNear',
    series: {
      [`spillway_dispatcher_oldest_chunk_age_seconds${live}`]: '4000x60',
      [`spillway_dispatcher_intake_retention_seconds${live}`]: '7200x60',
    },
    atMinutes: 5,
    fires: {
      labels: ofLive,
      summary: 'The oldest live chunk has waited 1h 6m 40s, half of what intake keeps',
    },
  },
  {
    alert: 'SpillwayRetentionNear',
    series: {
      [`spillway_dispatcher_oldest_chunk_age_seconds${live}`]: '3000x60',
      [`spillway_dispatcher_intake_retention_seconds${live}`]: '7200x60',
    },
    atMinutes: 5,
    fires: null,
  },
  {
    alert: 'SpillwayChunksExpiredByRetention',
    series: {
      'spillway_dispatcher_expired_chunks_total{namespace="video", priority="live", cause="retention"}':
        once(2),
    },
    atMinutes: 12,
    fires: {
      labels: ofLive,
      summary: 'About 2 live chunks expired because retention was near',
    },
  },
  {
    alert: 'SpillwayChunksExpiredByRetention',
    series: ended('0x60', '0x60', once(2)),
    atMinutes: 12,
    fires: null,
  },
  {
    alert: 'SpillwayDeadLetters',
    series: {
      'spillway_dispatcher_dead_letters_total{namespace="video", priority="live", reason="corrupt"}':
        once(1),
    },
    atMinutes: 12,
    fires: {
      labels: { ...ofLive, reason: 'corrupt' },
      summary: 'About 1 live chunks became dead letters: corrupt',
    },
  },
  {
    alert: 'SpillwayDeadLetters',
    series: {
      'spillway_dispatcher_dead_letters_total{namespace="video", priority="live", reason="duplicate"}':
        once(5),
    },
    atMinutes: 12,
    fires: null,
  },
];
