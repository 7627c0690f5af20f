import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Clock } from '../clock/ports.ts';
import { conditions } from './conditions.ts';
import type { Conditions } from './conditions.ts';
import { ProcessError } from './errors.ts';
import { openHttpServer } from './http-server.ts';
import type { HttpServer } from './http-server.ts';
import { lifecycle, processStates } from './lifecycle.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Environment, Host, Logger } from './ports.ts';
import type { Service, ServiceTools } from './service.ts';
import type { ProcessConfig } from './settings.ts';
import { attempt, drainService, step, within } from './shutdown.ts';
import type { Shutdown } from './shutdown.ts';

/**
 * ```ts
 * await run({
 *   name: 'dispatcher',
 *   environment: process.env,
 *   host: nodeHost(process),
 *   clock: systemClock,
 *   parseConfig,
 *   build: (config, tools) => dispatcher({ intake: kafkaIntake(config.kafka), … }),
 * });
 * ```
 */
export interface ProcessDefinition<Config extends ProcessConfig> {
  readonly name: string;
  readonly environment: Environment;
  readonly host: Host;
  readonly clock: Clock;
  /** @throws ProcessError `config-invalid`, see `environment.ts`. */
  parseConfig(environment: Environment): Config;
  /** Puts adapters and loop together; connects nothing yet. */
  build(config: Config, tools: ServiceTools): Service | Promise<Service>;
}

/** 0 ended as asked, 1 by a fault, 2 wrong configuration, 128 + n by a second signal n. */
export type ExitCode = 0 | 1 | 2 | 130 | 143;

type Stop =
  | { readonly kind: 'asked'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown };

interface Life extends Shutdown {
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  readonly registry: Registry;
  readonly health: Conditions;
  readonly readiness: Conditions;
  readonly stopping: Promise<Stop>;
  requestStop(stop: Stop): void;
  /** Errors with which the service gave up, before or during its end; any makes the exit code 1. */
  readonly faults: unknown[];
}

/**
 * Runs a process from its configuration to its exit, in one order for all: health up, start, ready;
 * on SIGTERM or SIGINT stop intake, drain, commit, close, exit. A second signal exits at once, and
 * so does an error that nobody caught. The states are in `lifecycle.ts`.
 */
export async function run<Config extends ProcessConfig>(
  definition: ProcessDefinition<Config>,
): Promise<ExitCode> {
  const { host, name } = definition;
  const config = readConfig(definition);
  if (config === null) {
    host.exit(2);
    return 2;
  }
  const log = host.openLog({ level: config.log.level, process: name });
  log.info('process-configured', { config });
  const life = openLife({ clock: definition.clock, log, times: config.shutdown });
  return new Promise((resolve) => {
    let isEnded = false;
    const exit = (code: ExitCode): void => {
      if (isEnded) return;
      isEnded = true;
      host.exit(code);
      resolve(code);
    };
    listen(life, host, exit);
    void live(life, config.http, (tools) => definition.build(config, tools)).then(exit);
  });
}

function readConfig<Config extends ProcessConfig>(
  definition: ProcessDefinition<Config>,
): Config | null {
  const { name, environment, host, parseConfig } = definition;
  try {
    return parseConfig(environment);
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    const lines = error.problems.map((problem) => `  ${problem}\n`);
    const title = `The ${name} cannot start: its configuration has ${lines.length} problem(s).\n`;
    host.writeError(title + lines.join(''));
    return null;
  }
}

function openLife(shutdown: Shutdown): Life {
  const { clock, log } = shutdown;
  const registry = new Registry();
  // At its default of 10 ms, watching the event loop is the dearest thing that an idle process does.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const gauge = new Gauge({
    name: 'spillway_process_state',
    help: '1 for the state that the process is in, 0 for the others.',
    labelNames: ['state'],
    registers: [registry],
  });
  const beganAtMs = clock.monotonicMs();
  const life = lifecycle((current) => {
    for (const state of processStates) gauge.set({ state }, state === current ? 1 : 0);
    log.info('process-state', { state: current, sinceStartMs: clock.monotonicMs() - beganAtMs });
  });
  let requestStop: (stop: Stop) => void = () => undefined;
  const stopping = new Promise<Stop>((resolve) => {
    requestStop = resolve;
  });
  const [health, readiness] = [conditions(), conditions()];
  return {
    ...shutdown,
    lifecycle: life,
    registry,
    health,
    readiness,
    stopping,
    requestStop,
    faults: [],
  };
}

function listen(life: Life, host: Host, exit: (code: ExitCode) => void): void {
  let isSecond = false;
  host.onSignal((signal) => {
    if (isSecond) {
      life.log.warn('second-signal', { message: `${signal} came again: exit without a drain.` });
      exit(signal === 'SIGINT' ? 130 : 143);
      return;
    }
    isSecond = true;
    life.requestStop({ kind: 'asked', reason: `${signal} was received` });
  });
  host.onCrash(({ origin, error }) => {
    try {
      const message = 'No code caught this error, so nothing in memory can be trusted: exit.';
      life.log.fatal('process-crashed', { message, origin, error });
    } finally {
      exit(1);
    }
  });
}

interface Held {
  http: HttpServer | null;
  service: Service | null;
}

async function live(
  life: Life,
  http: ProcessConfig['http'],
  build: (tools: ServiceTools) => Service | Promise<Service>,
): Promise<ExitCode> {
  const held: Held = { http: null, service: null };
  const abort = new AbortController();
  const starting = attempt(async () => {
    held.http = await openProbes(life, http);
    held.service = await build(toolsOf(life));
    await held.service.start(abort.signal);
  });
  const first = await Promise.race([starting, life.stopping]);
  if (first.kind === 'done') {
    life.lifecycle.moveTo('running');
    const stop = await life.stopping;
    if (stop.kind === 'failed') return fail(life, held, stop.error);
    return end(life, held, { reason: stop.reason, isStarted: true });
  }
  abort.abort();
  if (first.kind === 'failed') return fail(life, held, first.error);
  // A start that succeeds all the same has work in hand, which is drained as ever.
  let isStarted = false;
  await within(life.clock, life.times.drainMs, async () => {
    isStarted = (await starting).kind === 'done';
  });
  return end(life, held, { reason: first.reason, isStarted });
}

async function openProbes(life: Life, http: ProcessConfig['http']): Promise<HttpServer> {
  const server = await openHttpServer({
    ...http,
    registry: life.registry,
    health: () => {
      const state = life.lifecycle.state();
      const reasons = life.health.reasons();
      return { isGood: state !== 'failed' && reasons.length === 0, state, reasons };
    },
    readiness: () => {
      const state = life.lifecycle.state();
      const reasons = life.readiness.reasons();
      return { isGood: state === 'running' && reasons.length === 0, state, reasons };
    },
  });
  life.log.info('http-listening', { port: server.port, address: http.address });
  return server;
}

function toolsOf(life: Life): ServiceTools {
  return {
    log: life.log,
    metrics: life.registry,
    readiness: life.readiness,
    health: life.health,
    stop: (reason) => life.requestStop({ kind: 'asked', reason }),
    fail: (error) => {
      life.faults.push(error);
      if (life.lifecycle.state() === 'draining') {
        const message = 'The service gave up while it was draining; the exit code is 1.';
        life.log.error('drain-failed', { message, error });
      }
      life.requestStop({ kind: 'failed', error });
    },
  };
}

async function end(
  life: Life,
  held: Held,
  { reason, isStarted }: { readonly reason: string; readonly isStarted: boolean },
): Promise<ExitCode> {
  life.log.info('process-stopping', { reason });
  life.lifecycle.moveTo('draining');
  const { service } = held;
  const isDrained = service === null || !isStarted || (await drainService(life, service));
  life.lifecycle.moveTo('drained');
  const isClosed = await close(life, held);
  const isOrderly = isDrained && isClosed && life.faults.length === 0;
  life.lifecycle.moveTo(isOrderly ? 'stopped' : 'failed');
  return isOrderly ? 0 : 1;
}

async function fail(life: Life, held: Held, error: unknown): Promise<ExitCode> {
  life.lifecycle.moveTo('failed');
  const message = 'The process ends without a drain; others take over what it held.';
  life.log.fatal('process-failed', { message, error });
  await close(life, held);
  return 1;
}

/** The service first: until the last moment a probe can ask what is going on. */
async function close(life: Life, { service, http }: Held): Promise<boolean> {
  const limitMs = life.times.closeMs / 4;
  const isServiceClosed =
    service === null ||
    (await step(life, { name: 'close', limitMs, action: () => service.close() }));
  if (http === null) return isServiceClosed;
  const name = 'close-http';
  const isHttpClosed = await step(life, { name, limitMs, action: () => http.close() });
  return isServiceClosed && isHttpClosed;
}
