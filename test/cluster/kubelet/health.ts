import type { V1Probe } from '@kubernetes/client-node';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { probeOnce } from './probe.ts';
import type { ProbePlace } from './probe.ts';

export interface HealthReport {
  /** The startup probe has been answered, or there is none. */
  readonly isStarted: boolean;
  readonly isReady: boolean;
}

export interface HealthOptions {
  readonly place: ProbePlace;
  /** Aborted when the process has ended. */
  readonly signal: AbortSignal;
  readonly onChange: (report: HealthReport) => void;
  /** A probe has failed too often: the container is to be started anew. */
  readonly onDead: (probe: 'startup' | 'liveness') => void;
}

/**
 * Probes one run of a container until it ends: startup first, then readiness and liveness side by
 * side. Without a readiness probe it is ready as soon as it is started.
 */
export async function watchHealth(options: HealthOptions): Promise<void> {
  const { place, signal, onChange, onDead } = options;
  const { startupProbe, readinessProbe, livenessProbe } = place.container;
  if (startupProbe !== undefined) {
    const isStarted = await untilDecided(startupProbe, options);
    if (signal.aborted) return;
    if (!isStarted) {
      onDead('startup');
      return;
    }
  }
  onChange({ isStarted: true, isReady: readinessProbe === undefined });
  await Promise.all([
    readinessProbe === undefined
      ? null
      : everyPeriod(readinessProbe, options, (isReady) => onChange({ isStarted: true, isReady })),
    livenessProbe === undefined
      ? null
      : everyPeriod(livenessProbe, options, (isAlive) => {
          if (!isAlive) onDead('liveness');
        }),
  ]);
}

/** `true` at the first success, `false` after too many failures in a row. */
async function untilDecided(probe: V1Probe, { place, signal }: HealthOptions): Promise<boolean> {
  await systemClock.sleepMs((probe.initialDelaySeconds ?? 0) * 1000, signal);
  for (let failures = 0; failures < (probe.failureThreshold ?? 3) && !signal.aborted;) {
    if (await probeOnce(probe, place)) return true;
    failures += 1;
    await systemClock.sleepMs(periodMs(probe), signal);
  }
  return false;
}

/** Tells each change: bad after `failureThreshold` failures in a row, good after `successThreshold`. */
async function everyPeriod(
  probe: V1Probe,
  { place, signal }: HealthOptions,
  tell: (isGood: boolean) => void,
): Promise<void> {
  let isGood: boolean | null = null;
  let inARow = 0;
  let last: boolean | null = null;
  await systemClock.sleepMs((probe.initialDelaySeconds ?? 0) * 1000, signal);
  while (!signal.aborted) {
    const answer = await probeOnce(probe, place);
    if (signal.aborted) return;
    inARow = answer === last ? inARow + 1 : 1;
    last = answer;
    const needed = answer ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (answer !== isGood && inARow >= needed) {
      isGood = answer;
      tell(answer);
    }
    await systemClock.sleepMs(periodMs(probe), signal);
  }
}

const periodMs = (probe: V1Probe): number => (probe.periodSeconds ?? 10) * 1000;
