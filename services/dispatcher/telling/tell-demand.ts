import { demandIntervalMs, encodeDemand } from '../../shared/chunk/demand.ts';
import type { Demand } from '../../shared/chunk/demand.ts';
import type { Clock } from '../../shared/clock/ports.ts';
import type { Logger } from '../../shared/process/ports.ts';
import type { LaneSender } from '../dispatching/lane-sender.ts';

/** The record's key: one dispatcher is active at a time, and its last word is what counts. */
const key = Buffer.from('dispatcher');

/**
 * Tells the demand every second until `ended` aborts, whenever there is one to tell: a dispatcher
 * that has not read all that it must would tell too little, and the scaler would take it for calm.
 */
export async function tellDemand(
  ports: { readonly clock: Clock; readonly log: Logger; readonly laneSender: LaneSender },
  topic: string,
  { ended, demand }: { readonly ended: AbortSignal; readonly demand: () => Demand | null },
): Promise<void> {
  const { clock, log, laneSender } = ports;
  let isHeard = true;
  while (!ended.aborted) {
    await clock.sleepMs(demandIntervalMs, ended);
    const told = ended.aborted ? null : demand();
    if (told === null) continue;
    try {
      const value = Buffer.from(encodeDemand(told), 'utf8');
      await laneSender.tell({ topic, key, value, headers: [] });
      isHeard = true;
    } catch (error) {
      if (isHeard) {
        log.warn('demand-not-told', {
          message: 'the scaler holds what it has until it hears of the demand again',
          error,
        });
      }
      isHeard = false;
    }
  }
}
