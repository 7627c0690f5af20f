import type { Logger } from '../shared/process/ports.ts';
import type { OrderReport } from './act.ts';
import type { ScalerMetrics } from './metrics.ts';

/** Tells of pools whose size could not be told to them: each change of state once. */
export function createOrderTeller(ports: {
  readonly log: Logger;
  readonly metrics: ScalerMetrics;
}): (report: OrderReport) => void {
  const { log, metrics } = ports;
  const failing = new Map<string, OrderReport['outcome']>();
  return ({ pool, nodesDesired, outcome, error }) => {
    metrics.orders.inc({ pool, outcome });
    const before = failing.get(pool);
    if (outcome === 'accepted') failing.delete(pool);
    else failing.set(pool, outcome);
    if (outcome === before || error === null) return;
    const message = `${pool} was not told to have ${nodesDesired} nodes: ${error.message}; ${afterOrder(outcome)}`;
    log.warn('order-failed', { message, pool, outcome, error });
  };
}

/** What follows from an order that failed. */
function afterOrder(outcome: OrderReport['outcome']): string {
  switch (outcome) {
    case 'unreachable':
      return 'the next tick tells it again';
    case 'conflict':
      return 'this tick ends, and the next one looks at it again first; another may lead';
    case 'refused':
      return (
        'this tick ends; if this process goes on to lead, the directive topic was made anew and ' +
        'whoever holds the nodes must be started anew as well'
      );
    case 'unknown-pool':
    case 'unexpected':
      return 'it is told again at each tick, without effect until that is mended';
    case 'accepted':
    case 'held':
    case 'not-leading':
      return 'nothing was asked';
  }
}
