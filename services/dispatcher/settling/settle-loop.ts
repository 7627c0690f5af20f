import type { Clock } from '../../shared/clock/ports.ts';
import type { Logger } from '../../shared/process/ports.ts';
import type { DispatcherMetrics } from '../telling/metrics.ts';
import { countOutcome } from '../telling/outcome-metrics.ts';
import { applySettled, nextSettleStep } from './settle-step.ts';
import type { SettleStep } from './settle-step.ts';
import type { DispatchSettings, TermState } from '../knowledge/term-state.ts';

export interface SettleContext {
  readonly state: TermState;
  readonly settings: DispatchSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: DispatcherMetrics;
  /** The term is over. */
  readonly ended: AbortSignal;
}

/**
 * From the start of one transaction to the start of the next: each costs the broker a dozen small
 * writes and every reader an answer, whatever it holds. The first after a pause starts at once.
 */
const spacingMs = 25;

/**
 * Settles one step after the other while the term lasts. What ends while a transaction is under way,
 * or too soon after its start, goes into the next, so that batches grow with the load by themselves.
 */
export function settleLoop(
  context: SettleContext,
  { onSettled }: { readonly onSettled: (step: SettleStep) => void },
): { wake(): void } {
  let wake: () => void = () => undefined;
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  context.ended.addEventListener('abort', () => wake(), { once: true });
  const { clock, ended } = context;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  const loop = async (): Promise<void> => {
    while (!ended.aborted) {
      const earlyMs = notBeforeMs - clock.monotonicMs();
      if (earlyMs > 0) await clock.sleepMs(earlyMs, ended);
      const step = nextSettleStep(context.state, context.settings);
      if (step === null) {
        await woken();
        continue;
      }
      notBeforeMs = clock.monotonicMs() + spacingMs;
      if (!(await settle(context, step))) return;
      onSettled(step);
    }
  };
  void loop();
  return { wake: () => wake() };
}

/** Whether the term goes on. After an error the intake source begins a new term, or none. */
async function settle(context: SettleContext, step: SettleStep): Promise<boolean> {
  const { state, clock, log, metrics } = context;
  const beganAtMs = clock.monotonicMs();
  try {
    await state.term.settle({ outcomes: step.outcomes, offsets: step.offsets });
  } catch (error) {
    if (!context.ended.aborted) {
      log.warn('settle-failed', {
        message:
          'the transaction was not committed; a new term begins from what is committed, if this process is still the active one',
        error,
      });
    }
    return false;
  }
  if (context.ended.aborted) return false;
  applySettled(state, step);
  metrics.settleSeconds.observe((clock.monotonicMs() - beganAtMs) / 1000);
  for (const entry of step.entries) countOutcome(metrics, entry);
  return true;
}
