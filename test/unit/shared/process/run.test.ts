import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';
import { parseEnvironment } from '../../../../services/shared/process/environment.ts';
import { run } from '../../../../services/shared/process/run.ts';
import type { Service, ServiceTools } from '../../../../services/shared/process/service.ts';
import { processSettings } from '../../../../services/shared/process/settings.ts';
import type { FakeHost } from '../../../support/fake-host.ts';
import { fakeHost } from '../../../support/fake-host.ts';

const environment = {
  SPILLWAY_HTTP_PORT: '0',
  SPILLWAY_HTTP_ADDRESS: '127.0.0.1',
  SPILLWAY_DRAIN_SECONDS: '10',
  SPILLWAY_CLOSE_SECONDS: '8',
};
const never = new Promise<void>(() => undefined);

interface Scene {
  readonly host: FakeHost;
  readonly clock: ManualClock;
  readonly calls: readonly string[];
  readonly tools: Promise<ServiceTools>;
  readonly code: Promise<number>;
  /** Resolves when the process logs that it entered `state`. */
  reached(state: string): Promise<void>;
  /** What a probe answers: the status, then the body. */
  probe(path: string): Promise<readonly [number, unknown]>;
}

/** A process around a service whose verbs succeed at once, except those in `verbs`. */
function start(
  verbs: Partial<Service> = {},
  variables: Record<string, string> = environment,
): Scene {
  const [host, clock] = [fakeHost(), new ManualClock(1_760_000_000_000)];
  const calls: string[] = [];
  const note =
    (verb: keyof Service) =>
    async (signal?: AbortSignal): Promise<void> => {
      calls.push(verb);
      await verbs[verb]?.(signal ?? new AbortController().signal);
    };
  let give: (tools: ServiceTools) => void = () => undefined;
  const tools = new Promise<ServiceTools>((resolve) => {
    give = resolve;
  });
  const code = run({
    name: 'example',
    environment: variables,
    host,
    clock,
    parseConfig: (given) => parseEnvironment(processSettings, given),
    build: (_config, lent) => {
      give(lent);
      return {
        start: note('start'),
        stopIntake: note('stopIntake'),
        drain: note('drain'),
        commit: note('commit'),
        close: note('close'),
      };
    },
  });
  const turns = async (isReached: () => boolean): Promise<void> => {
    while (!isReached()) await new Promise((resolve) => setImmediate(resolve));
  };
  const logged = (event: string, field: string): readonly unknown[] =>
    host.log.lines.filter((line) => line.event === event).map((line) => line.fields[field]);
  return {
    host,
    clock,
    calls,
    tools,
    code,
    reached: (state) => turns(() => logged('process-state', 'state').includes(state)),
    probe: async (path) => {
      const [port] = logged('http-listening', 'port');
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
      return [response.status, path === '/metrics' ? await response.text() : await response.json()];
    },
  };
}

const states = (host: FakeHost): readonly unknown[] =>
  host.log.lines
    .filter((line) => line.event === 'process-state')
    .map((line) => line.fields['state']);
const events = (host: FakeHost): readonly string[] => host.log.lines.map((line) => line.event);

describe('the life of a process', () => {
  it('goes through every state in one order and exits 0 on SIGTERM', async () => {
    const scene = start();
    await scene.reached('running');
    scene.host.signal('SIGTERM');
    expect(await scene.code).toBe(0);
    expect(scene.calls).toEqual(['start', 'stopIntake', 'drain', 'commit', 'close']);
    expect(states(scene.host)).toEqual(['starting', 'running', 'draining', 'drained', 'stopped']);
    expect(scene.host.exits).toEqual([0]);
  });

  it('ends in the same order when the service asks to stop', async () => {
    const scene = start();
    await scene.reached('running');
    (await scene.tools).stop('all input is read');
    expect(await scene.code).toBe(0);
    expect(scene.calls).toEqual(['start', 'stopIntake', 'drain', 'commit', 'close']);
  });

  it('cuts a start short on a signal, and then only closes', async () => {
    const scene = start({
      start: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('told to stop')));
        }),
    });
    await scene.tools;
    scene.host.signal('SIGINT');
    expect(await scene.code).toBe(0);
    expect(scene.calls).toEqual(['start', 'close']);
  });

  it('drains what a start has taken that succeeded in spite of the signal', async () => {
    const scene = start({
      start: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve());
        }),
    });
    await scene.tools;
    scene.host.signal('SIGINT');
    expect(await scene.code).toBe(0);
    expect(scene.calls).toEqual(['start', 'stopIntake', 'drain', 'commit', 'close']);
  });

  it('does not wait longer than the drain for a start that cannot be cut short', async () => {
    const scene = start({ start: () => never });
    await scene.tools;
    scene.host.signal('SIGTERM');
    await scene.clock.elapseMs(10_000);
    expect(await scene.code).toBe(0);
    expect(scene.calls).toEqual(['start', 'close']);
  });

  it('exits 1 after closing when the start fails, and logs why', async () => {
    const error = new Error('no broker answers');
    const scene = start({ start: () => Promise.reject(error) });
    expect(await scene.code).toBe(1);
    expect(scene.calls).toEqual(['start', 'close']);
    expect(states(scene.host)).toEqual(['starting', 'failed']);
    const fatal = scene.host.log.lines.find((line) => line.level === 'fatal');
    expect(fatal).toMatchObject({ event: 'process-failed', fields: { error } });
  });

  it('does not drain a service that says it cannot be trusted any more', async () => {
    const scene = start();
    await scene.reached('running');
    (await scene.tools).fail(new Error('fenced by another dispatcher'));
    expect(await scene.code).toBe(1);
    expect(scene.calls).toEqual(['start', 'close']);
  });

  it('exits 1 when the service gives up in the middle of its drain', async () => {
    const fault = new Error('fenced by another dispatcher');
    const scene: Scene = start({ drain: async () => (await scene.tools).fail(fault) });
    await scene.reached('running');
    scene.host.signal('SIGTERM');
    expect(await scene.code).toBe(1);
    expect(scene.calls).toEqual(['start', 'stopIntake', 'drain', 'commit', 'close']);
    expect(events(scene.host)).toContain('drain-failed');
  });

  it('exits 1 at once, without any further step, on an error that nobody caught', async () => {
    const scene = start();
    await scene.reached('running');
    scene.host.crash({ origin: 'unhandled-rejection', error: new Error('missing await') });
    expect(await scene.code).toBe(1);
    expect(scene.calls).toEqual(['start']);
    expect(scene.host.log.lines.at(-1)).toMatchObject({ level: 'fatal', event: 'process-crashed' });
  });

  it('exits at once on the second signal, with the code a shell expects', async () => {
    const scene = start({ drain: () => never });
    await scene.reached('running');
    scene.host.signal('SIGTERM');
    await scene.reached('draining');
    scene.host.signal('SIGINT');
    expect(await scene.code).toBe(130);
    expect(scene.host.exits).toEqual([130]);
  });

  it('exits 2 with every problem of the configuration, and builds nothing', async () => {
    const scene = start({}, { SPILLWAY_HTTP_PORT: 'x', SPILLWAY_LOG_LEVEL: 'loud' });
    expect(await scene.code).toBe(2);
    expect(scene.calls).toEqual([]);
    expect(scene.host.errorText()).toContain('The example cannot start: its configuration has 2');
    expect(scene.host.errorText()).toContain('SPILLWAY_HTTP_PORT is "x"');
    expect(scene.host.errorText()).toContain('SPILLWAY_LOG_LEVEL is "loud"');
  });
});

describe('the deadlines of a stop', () => {
  it('tells the drain to release what it holds when its time is over, and still exits 0', async () => {
    const scene = start({
      drain: (signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    });
    await scene.reached('running');
    scene.host.signal('SIGTERM');
    await scene.reached('draining');
    await scene.clock.elapseMs(9_999);
    expect(events(scene.host)).not.toContain('drain-cut-short');
    await scene.clock.elapseMs(1);
    expect(await scene.code).toBe(0);
    expect(events(scene.host)).toContain('drain-cut-short');
  });

  it('leaves a step behind that never ends: commits, closes and exits 1 within the sum', async () => {
    const scene = start({ drain: () => never, close: () => never });
    await scene.reached('running');
    scene.host.signal('SIGTERM');
    await scene.reached('draining');
    await scene.clock.elapseMs(18_000);
    expect(await scene.code).toBe(1);
    expect(scene.calls).toEqual(['start', 'stopIntake', 'drain', 'commit', 'close']);
    expect(events(scene.host).filter((event) => event === 'stop-step-late')).toHaveLength(2);
  });

  it('goes on to commit and close when a step fails, and exits 1', async () => {
    const scene = start({ stopIntake: () => Promise.reject(new Error('not connected')) });
    await scene.reached('running');
    scene.host.signal('SIGTERM');
    expect(await scene.code).toBe(1);
    expect(scene.calls).toEqual(['start', 'stopIntake', 'drain', 'commit', 'close']);
    expect(states(scene.host).at(-1)).toBe('failed');
  });
});

describe('the probes of a process', () => {
  it('are ready only while it runs and nothing stands in the way', async () => {
    const scene = start({ drain: () => never });
    const { readiness } = await scene.tools;
    await scene.reached('running');
    expect(await scene.probe('/readyz')).toEqual([200, { state: 'running', reasons: [] }]);
    readiness.report('kafka', 'no broker answered for 12 s');
    const reasons = ['kafka: no broker answered for 12 s'];
    expect(await scene.probe('/readyz')).toEqual([503, { state: 'running', reasons }]);
    expect((await scene.probe('/healthz'))[0]).toBe(200);
    readiness.report('kafka', null);
    scene.host.signal('SIGTERM');
    await scene.reached('draining');
    expect(await scene.probe('/readyz')).toEqual([503, { state: 'draining', reasons: [] }]);
    expect((await scene.probe('/healthz'))[0]).toBe(200);
    scene.host.signal('SIGTERM');
    expect(await scene.code).toBe(143);
  });

  it('ask for a restart when the service reports what only a restart cures', async () => {
    const scene = start();
    const { health } = await scene.tools;
    await scene.reached('running');
    health.report('tick', 'no tick for 60 s');
    const reasons = ['tick: no tick for 60 s'];
    expect(await scene.probe('/healthz')).toEqual([503, { state: 'running', reasons }]);
    scene.host.signal('SIGTERM');
    await scene.code;
  });

  it('show the state as a metric', async () => {
    const scene = start();
    await scene.reached('running');
    const [, metrics] = await scene.probe('/metrics');
    expect(metrics).toContain('spillway_process_state{state="running"} 1');
    expect(metrics).toContain('spillway_process_state{state="starting"} 0');
    scene.host.signal('SIGTERM');
    await scene.code;
  });
});
