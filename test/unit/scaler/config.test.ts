import { describe, expect, it } from 'vitest';
import { parseConfig, scalingSettings } from '../../../services/scaler/config.ts';
import { ProcessError } from '../../../services/shared/process/errors.ts';

const gpu = {
  pool: 'gpu',
  nodesMin: 0,
  nodesMax: 4,
  pricePerHour: 3.2,
  slotsPerNode: 2,
  bootSeconds: 180,
  slotSpeed: 10,
};
const environment = (own: Readonly<Record<string, string>> = {}) => ({
  KAFKA_BROKERS: 'localhost:9092',
  SPILLWAY_POOLS_AGENT: 'http://127.0.0.1:41234',
  SPILLWAY_POOLS: JSON.stringify([gpu]),
  ...own,
});

function problemsOf(own: Readonly<Record<string, string>>): readonly string[] {
  try {
    parseConfig(environment(own));
  } catch (error) {
    if (error instanceof ProcessError) return error.problems;
    throw error;
  }
  return [];
}

const withPools = (...pools: readonly unknown[]): readonly string[] =>
  problemsOf({ SPILLWAY_POOLS: JSON.stringify(pools) });

describe('the configuration of the scaler', () => {
  it('gives complete settings to the policy, in its units', () => {
    const config = parseConfig(environment());
    expect(config.pace).toEqual({ tickMs: 5000, directiveMs: 30_000 });
    expect(scalingSettings(config)).toEqual({
      pools: [
        {
          pool: 'gpu',
          nodesMin: 0,
          nodesMax: 4,
          pricePerHour: 3.2,
          slotsPerNode: 2,
          bootMsPrior: 180_000,
          slotSpeedPrior: 10,
          workersPerNode: 1,
          launchMsPrior: 120_000,
        },
      ],
      cpuWorkers: null,
      cpuSlotSpeedPrior: 2,
      objectiveMs: { live: 30_000, standard: 300_000, bulk: 3_600_000 },
      mediaMsPrior: 2000,
      holdBoots: 2,
      marginFraction: 0.1,
      persistenceBoots: 1,
      backOffMs: 300_000,
      spill: 'auto',
    });
  });

  it('needs no nodes: then it only opens and shuts spill', () => {
    const { nodes } = parseConfig({ KAFKA_BROKERS: 'localhost:9092' });
    expect(nodes).toMatchObject({ pools: [], agent: null, kubernetes: { pools: [] } });
  });

  it('refuses pools that nobody holds', () => {
    expect(problemsOf({ SPILLWAY_POOLS_AGENT: '' })).toEqual([
      'SPILLWAY_POOLS lists gpu without scale; SPILLWAY_POOLS_AGENT, whose nodes they would be, is ' +
        'not set.',
    ]);
  });

  it('names every problem of every pool', () => {
    const { slotSpeed: _, ...slow } = { ...gpu, nodesMax: 1.5, bootSeconds: 0 };
    const problems = withPools(gpu, { ...slow, pool: 'second pool', nodesmax: 3 });
    const places = problems.map((problem) => problem.split(':')[0]);
    expect(new Set(places)).toEqual(
      new Set([
        'SPILLWAY_POOLS[1]',
        'SPILLWAY_POOLS[1].bootSeconds',
        'SPILLWAY_POOLS[1].nodesMax',
        'SPILLWAY_POOLS[1].pool',
        'SPILLWAY_POOLS[1].slotSpeed',
      ]),
    );
    expect(problems).toHaveLength(5);
    expect(problems.join(' ')).toContain('nodesmax');
  });

  it('refuses limits that cross, and two pools of one name', () => {
    expect(withPools({ ...gpu, nodesMin: 5 }, gpu)).toEqual([
      'SPILLWAY_POOLS[0]: nodesMin is 5, more than nodesMax 4.',
      'SPILLWAY_POOLS[1]: there is a pool gpu before it; each name stands once.',
    ]);
  });

  it.each(['{', '[{]', '"gpu"'])('refuses what is no list of pools: %s', (json) => {
    const [problem] = problemsOf({ SPILLWAY_POOLS: json });
    expect(problem).toContain('SPILLWAY_POOLS is ');
  });

  it('refuses a directive that would expire between ticks', () => {
    const [problem] = problemsOf({ SPILLWAY_TICK_SECONDS: '20' });
    expect(problem).toContain('SPILLWAY_DIRECTIVE_SECONDS is 30');
    expect(problem).toContain('SPILLWAY_TICK_SECONDS (20)');
  });

  it('reaches an agent of this machine only', () => {
    expect(problemsOf({ SPILLWAY_POOLS_AGENT: 'http://10.0.0.1:80' })).toHaveLength(1);
  });
});
