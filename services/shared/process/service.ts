import type { Registry } from 'prom-client';
import type { Conditions } from './conditions.ts';
import type { Logger } from './ports.ts';

/**
 * What a process does, as `run` drives it. Each verb is called at most once and in this order; after
 * a start that did not succeed only `close` follows. A verb that is late is left behind: the
 * next one is called all the same, and the exit code is 1.
 */
export interface Service {
  /**
   * Resolves when work is being taken. `signal` aborts when the process is to stop before that: then
   * it rejects soon, which is no failure, or resolves, and what it has taken is drained.
   */
  start(signal: AbortSignal): Promise<void>;
  /** Takes no new work from now on; must not wait for the work in hand. */
  stopIntake(): Promise<void>;
  /**
   * Resolves when no work is in hand: finished, or after `signal` aborts (the drain time is over)
   * released for others to do.
   */
  drain(signal: AbortSignal): Promise<void>;
  /** Writes down how far the work has come. */
  commit(): Promise<void>;
  /** Leaves groups and ends connections. Must cope with a start that never finished. */
  close(): Promise<void>;
}

/** What `run` lends to the service it builds. */
export interface ServiceTools {
  readonly log: Logger;
  /** Holds Node's own metrics already; a process adds its own, in its `metrics.ts`. */
  readonly metrics: Registry;
  /** A reason here answers `/readyz` with 503: "send no work yet". */
  readonly readiness: Conditions;
  /** A reason here answers `/healthz` with 503: "restart me". Only for what a restart cures. */
  readonly health: Conditions;
  /** Ends in the same order as after SIGTERM, with exit 0. `reason` is a sentence for the log. */
  stop(reason: string): void;
  /** Ends without a drain, with exit 1: what this process holds can no longer be trusted. */
  fail(error: unknown): void;
}
