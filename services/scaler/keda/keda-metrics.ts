import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/** Methods and codes are closed sets (`external-scaler.ts`, `trigger.ts`). */
export interface KedaMetrics {
  readonly calls: Counter<'method' | 'code'>;
  readonly callSeconds: Histogram<'method'>;
  readonly streams: Gauge;
}

export function kedaMetrics(registry: Registry): KedaMetrics {
  const registers = [registry];
  return {
    calls: new Counter({
      name: 'spillway_scaler_keda_calls_total',
      help: 'Calls of KEDA, by gRPC method and code; UNAVAILABLE: no directive was fresh.',
      labelNames: ['method', 'code'],
      registers,
    }),
    callSeconds: new Histogram({
      name: 'spillway_scaler_keda_call_seconds',
      help: 'Time from the arrival of a call of KEDA to its answer, streams left out.',
      labelNames: ['method'],
      buckets: [0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1],
      registers,
    }),
    streams: new Gauge({
      name: 'spillway_scaler_keda_streams',
      help: 'Streams that KEDA holds open to be told of changes.',
      registers,
    }),
  };
}
