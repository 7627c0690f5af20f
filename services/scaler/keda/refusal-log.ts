import type { Logger } from '../../shared/process/ports.ts';
import type { Refusal } from './trigger.ts';

/** Tells people who is refused: each caller once, and once more when it is answered again. */
export interface RefusalLog {
  refused(caller: string, method: string, refusal: Refusal): void;
  answered(caller: string, method: string): void;
}

/** Foreign names must not fill the memory. */
const callersMax = 1000;

export function createRefusalLog(log: Logger): RefusalLog {
  const refusedOf = new Map<string, Refusal['code']>();
  return {
    refused(caller, method, { code, message }) {
      const key = `${method} ${caller}`;
      if (refusedOf.get(key) === code) return;
      if (refusedOf.size >= callersMax) refusedOf.clear();
      refusedOf.set(key, code);
      log.warn('keda-refused', {
        message: `${caller} asked ${method} and got ${code}: ${message}`,
        caller,
        method,
        code,
      });
    },
    answered(caller, method) {
      if (refusedOf.delete(`${method} ${caller}`)) log.info('keda-answered', { caller, method });
    },
  };
}
