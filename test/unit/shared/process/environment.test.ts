import { describe, expect, it } from 'vitest';
import {
  group,
  listSettings,
  parseEnvironment,
} from '../../../../services/shared/process/environment.ts';
import type { SettingTree } from '../../../../services/shared/process/environment.ts';
import { ProcessError } from '../../../../services/shared/process/errors.ts';
import type { Environment } from '../../../../services/shared/process/ports.ts';
import {
  choice,
  flag,
  list,
  number,
  optional,
  seconds,
  secretText,
  text,
  wholeNumber,
} from '../../../../services/shared/process/setting.ts';

const purpose = 'For the test.';
const settings = {
  kind: choice('SPILLWAY_WORKER_KIND', { purpose, choices: ['gpu', 'cpu'] }),
  lanes: {
    horizonMs: seconds('SPILLWAY_LANE_HORIZON_SECONDS', { purpose, min: 0.1, max: 60, default: 2 }),
    slots: wholeNumber('SPILLWAY_LANE_SLOTS', { purpose, min: 1, max: 64, default: 4 }),
    isOrdered: flag('SPILLWAY_LANE_ORDERED', { purpose, default: 'true' }),
  },
  floorFraction: number('SPILLWAY_FLOOR_FRACTION', { purpose, min: 0, max: 1, default: 0.1 }),
  roots: list('SPILLWAY_ROOTS', {
    purpose,
    accepts: 'absolute paths, separated by commas',
    pattern: /^\//,
    default: '/data',
  }),
  password: optional(secretText('SPILLWAY_PASSWORD', { purpose })),
};

function problemsOf(tree: SettingTree, environment: Environment): readonly string[] {
  try {
    parseEnvironment(tree, environment);
  } catch (error) {
    if (error instanceof ProcessError && error.code === 'config-invalid') return error.problems;
    throw error;
  }
  return [];
}

describe('reading an environment', () => {
  it('gives a nested config with seconds turned into milliseconds and defaults filled in', () => {
    const config = parseEnvironment(settings, {
      SPILLWAY_WORKER_KIND: 'gpu',
      SPILLWAY_LANE_HORIZON_SECONDS: '0.1',
      SPILLWAY_ROOTS: '/a, /b',
      HOME: '/home/someone',
    });
    expect(config).toEqual({
      kind: 'gpu',
      lanes: { horizonMs: 100, slots: 4, isOrdered: true },
      floorFraction: 0.1,
      roots: ['/a', '/b'],
      password: null,
    });
  });

  it('lists all problems at once: the name, the value, and what is accepted', () => {
    const problems = problemsOf(settings, {
      SPILLWAY_LANE_HORIZON_SECONDS: '61',
      SPILLWAY_LANE_SLOTS: '2.5',
      SPILLWAY_LANE_ORDERED: 'yes',
      SPILLWAY_FLOOR_FRACTION: '-0.1',
      SPILLWAY_ROOTS: '/a,b',
      SPILLWAY_LANE_SLOT: '3',
    });
    expect(problems).toEqual([
      'SPILLWAY_WORKER_KIND is not set; it must be gpu or cpu.',
      'SPILLWAY_LANE_HORIZON_SECONDS is "61"; it must be seconds from 0.1 to 60.',
      'SPILLWAY_LANE_SLOTS is "2.5"; it must be a whole number from 1 to 64.',
      'SPILLWAY_LANE_ORDERED is "yes"; it must be true or false.',
      'SPILLWAY_FLOOR_FRACTION is "-0.1"; it must be a number from 0 to 1.',
      'SPILLWAY_ROOTS is "/a,b"; it must be absolute paths, separated by commas.',
      'SPILLWAY_LANE_SLOT is not a setting of this process. Did you mean SPILLWAY_LANE_SLOTS? Else remove it.',
    ]);
  });

  it('takes an empty text as not set, as charts and compose files write it', () => {
    const config = parseEnvironment(settings, {
      SPILLWAY_WORKER_KIND: 'cpu',
      SPILLWAY_LANE_SLOTS: '',
      SPILLWAY_PASSWORD: '',
    });
    expect([config.lanes.slots, config.password]).toEqual([4, null]);
  });

  it.each(['1e1', '0x10', ' 5', '5 ', 'Infinity', 'NaN', '+5', '1_0'])(
    'refuses %j as a number, though JavaScript may read one in it',
    (value) => {
      const problems = problemsOf(settings, {
        SPILLWAY_WORKER_KIND: 'cpu',
        SPILLWAY_LANE_SLOTS: value,
      });
      expect(problems).toHaveLength(1);
    },
  );

  it('shows no secret, neither in an error line nor in the config', () => {
    const strict = {
      password: {
        ...secretText('SPILLWAY_PASSWORD', { purpose }),
        read: () => ({ isAccepted: false }) as const,
      },
    };
    const environment = { SPILLWAY_PASSWORD: 'hunter2', SPILLWAY_WORKER_KIND: 'gpu' };
    const [problem] = problemsOf(strict, environment);
    expect(problem).toBe(
      'SPILLWAY_PASSWORD is "[redacted]"; it must be any text (kept secret).'.replaceAll('"', ''),
    );
    const config = parseEnvironment(settings, environment);
    expect(JSON.stringify(config)).not.toContain('hunter2');
    expect(config.password?.reveal()).toBe('hunter2');
  });

  it('cuts a long value short, so that an error stays one line', () => {
    const [problem = ''] = problemsOf(settings, { SPILLWAY_WORKER_KIND: `a\n${'b'.repeat(5000)}` });
    expect(problem.length).toBeLessThan(200);
    expect(problem).not.toContain('\n');
  });
});

describe('names that nobody knows', () => {
  const known = { SPILLWAY_WORKER_KIND: 'gpu' };

  it('are refused with our prefix, without their value, and ignored without it', () => {
    const environment = { ...known, SPILLWAY_KAFKA_PASSWORD: 'hunter2', KAFKA_OPTS: '-Xmx1g' };
    expect(problemsOf(settings, environment)).toEqual([
      'SPILLWAY_KAFKA_PASSWORD is not a setting of this process. Remove it.',
    ]);
  });

  it('are ignored where Kubernetes adds them for a Service of our name', () => {
    const environment = {
      ...known,
      SPILLWAY_SCALER_SERVICE_HOST: '10.0.0.1',
      SPILLWAY_SCALER_SERVICE_PORT: '9090',
      SPILLWAY_SCALER_SERVICE_PORT_METRICS: '9090',
      SPILLWAY_SCALER_PORT: 'tcp://10.0.0.1:9090',
      SPILLWAY_SCALER_PORT_9090_TCP: 'tcp://10.0.0.1:9090',
      SPILLWAY_SCALER_PORT_9090_TCP_ADDR: '10.0.0.1',
    };
    expect(problemsOf(settings, environment)).toEqual([]);
  });

  it('are explained where such a Service hides a setting of ours', () => {
    const tree = { port: wholeNumber('SPILLWAY_HTTP_PORT', { purpose, min: 0, max: 65_535 }) };
    const [problem] = problemsOf(tree, { SPILLWAY_HTTP_PORT: 'tcp://10.0.0.1:80' });
    expect(problem).toContain('enableServiceLinks: false');
  });
});

describe('a group of settings', () => {
  const window = group(
    {
      lowMs: seconds('SPILLWAY_LOW_SECONDS', { purpose, min: 0, max: 60 }),
      highMs: seconds('SPILLWAY_HIGH_SECONDS', { purpose, min: 0, max: 60 }),
    },
    ({ lowMs, highMs }, report) => {
      if (lowMs > highMs) report('SPILLWAY_LOW_SECONDS is above SPILLWAY_HIGH_SECONDS; swap them.');
      return { spanMs: highMs - lowMs };
    },
  );

  it('may give the config a shape of its own', () => {
    const environment = { SPILLWAY_LOW_SECONDS: '1', SPILLWAY_HIGH_SECONDS: '3' };
    expect(parseEnvironment({ window }, environment)).toEqual({ window: { spanMs: 2000 } });
  });

  it('reports what does not fit together', () => {
    const environment = { SPILLWAY_LOW_SECONDS: '3', SPILLWAY_HIGH_SECONDS: '1' };
    expect(problemsOf({ window }, environment)).toEqual([
      'SPILLWAY_LOW_SECONDS is above SPILLWAY_HIGH_SECONDS; swap them.',
    ]);
  });

  it('does not judge settings together of which one is wrong already', () => {
    const problems = problemsOf({ window }, { SPILLWAY_LOW_SECONDS: '3' });
    expect(problems).toEqual([
      'SPILLWAY_HIGH_SECONDS is not set; it must be seconds from 0 to 60.',
    ]);
  });

  it('is listed with all others for the manual', () => {
    const name = text('SPILLWAY_NAME', { purpose, accepts: 'a name', pattern: /./ });
    const names = listSettings({ window, deeper: { name } }).map((setting) => setting.name);
    expect(names).toEqual(['SPILLWAY_LOW_SECONDS', 'SPILLWAY_HIGH_SECONDS', 'SPILLWAY_NAME']);
  });
});
