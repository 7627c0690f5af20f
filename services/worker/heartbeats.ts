import { encodeHeartbeat, heartbeatIntervalMs } from '../shared/chunk/fleet.ts';
import type { Heartbeat } from '../shared/chunk/fleet.ts';
import type { BrokerClock } from '../shared/clock/broker-clock.ts';
import type { Clock } from '../shared/clock/ports.ts';
import type { RecordSink } from '../shared/kafka/ports.ts';
import type { Logger } from '../shared/process/ports.ts';

export interface HeartbeatPorts {
  readonly clock: Clock;
  readonly brokerClock: BrokerClock;
  readonly sink: RecordSink;
  readonly log: Logger;
}

export interface HeartbeatOptions {
  readonly topic: string;
  readonly worker: string;
  /** The worker as it is now; asked at each sending. */
  readonly describe: () => Omit<Heartbeat, 'worker' | 'sequence'>;
}

/** Least time between two heartbeats: at most 50 a second from a worker with very short chunks. */
const spacingMs = 20;
const retryMs = 250;

/**
 * Tells the fleet about this worker: every second, and soon after each change. One is under way at a
 * time, so that many changes share one record when the broker is slow.
 */
export class Heartbeats {
  readonly #ports: HeartbeatPorts;
  readonly #options: HeartbeatOptions;
  readonly #stopping = new AbortController();
  readonly #waiting: { readonly change: number; readonly resolve: () => void }[] = [];
  #changes = 0;
  #sequence = 0;
  #isUnheard = false;
  #wake: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(ports: HeartbeatPorts, options: HeartbeatOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Something that heartbeats tell has changed. */
  change(): void {
    this.#changes += 1;
    this.#wake();
  }

  /** Resolves once a heartbeat that was described after this call is acknowledged by the broker. */
  acknowledged(): Promise<void> {
    this.change();
    const change = this.#changes;
    return new Promise((resolve) => this.#waiting.push({ change, resolve }));
  }

  /** Sends the tombstone that says the worker has left; without it the fleet hears only silence. */
  async leave(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#running;
    try {
      await this.#send(null);
    } catch (error) {
      this.#ports.log.warn('leaving-not-told', {
        message: 'the fleet does not know that this worker left; it finds out by its silence',
        error,
      });
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const described = this.#changes;
      await this.#beat(described);
      await this.#pause(described);
    }
  }

  async #beat(described: number): Promise<void> {
    const { clock, log } = this.#ports;
    this.#sequence += 1;
    const { worker, describe } = this.#options;
    const heartbeat = { ...describe(), worker, sequence: this.#sequence };
    try {
      await this.#send(Buffer.from(encodeHeartbeat(heartbeat), 'utf8'));
    } catch (error) {
      if (!this.#isUnheard) {
        log.warn('heartbeat-failed', {
          message: 'the fleet does not hear this worker; new chunks wait until it does',
          error,
        });
      }
      this.#isUnheard = true;
      await clock.sleepMs(retryMs, this.#stopping.signal);
      return;
    }
    if (this.#isUnheard) log.info('heartbeat-heard-again');
    this.#isUnheard = false;
    while (this.#waiting[0] !== undefined && this.#waiting[0].change <= described) {
      this.#waiting.shift()?.resolve();
    }
  }

  /** Ends early when something changes. */
  async #pause(described: number): Promise<void> {
    const { clock } = this.#ports;
    await clock.sleepMs(spacingMs, this.#stopping.signal);
    if (this.#changes !== described || this.#isUnheard || this.#stopping.signal.aborted) return;
    const early = new AbortController();
    this.#wake = () => early.abort();
    await clock.sleepMs(heartbeatIntervalMs - spacingMs, early.signal);
    this.#wake = () => undefined;
  }

  async #send(value: Buffer | null): Promise<void> {
    const { clock, brokerClock, sink } = this.#ports;
    const { topic, worker } = this.#options;
    const sentAtMonotonicMs = clock.monotonicMs();
    const key = Buffer.from(worker, 'utf8');
    const [appended] = await sink.send([{ topic, partition: 0, key, value, headers: [] }]);
    const appendedAtMs = appended?.appendedAtMs ?? null;
    if (appendedAtMs === null) return;
    const acknowledgedAtMonotonicMs = clock.monotonicMs();
    brokerClock.observe({ sentAtMonotonicMs, acknowledgedAtMonotonicMs, appendedAtMs });
  }
}
