import type { Logger } from '../shared/process/ports.ts';
import type { ScalerMetrics } from './metrics.ts';
import type { ReplicaReport } from './replicas/replica-writer.ts';

const isWell = (outcome: ReplicaReport['outcome']): boolean =>
  outcome === 'written' || outcome === 'equal';

/** Tells of Deployments whose replicas could not be written: each change of state once. */
export function createReplicaTeller(ports: {
  readonly log: Logger;
  readonly metrics: ScalerMetrics;
}): (report: ReplicaReport) => void {
  const { log, metrics } = ports;
  const failing = new Map<string, ReplicaReport['outcome']>();
  return ({ deployment, replicas, outcome, error }) => {
    const { kind, pool, namespace, name, context } = deployment;
    metrics.replicaWrites.inc({ kind, pool: pool ?? kind, outcome });
    const place = `${namespace}/${name}${context === null ? '' : ` in ${context}`}`;
    const before = failing.get(place);
    if (isWell(outcome)) failing.delete(place);
    else failing.set(place, outcome);
    if (isWell(outcome) && before !== undefined) log.info('replicas-known', { deployment: place });
    if (outcome === before || error === null) return;
    const what = replicas === null ? 'could not be read' : `was not told to have ${replicas}`;
    const message = `the Deployment ${place} ${what}: ${error.message}; the next tick looks again`;
    log.warn('replicas-failed', { message, deployment: place, outcome, error });
  };
}
