import { describe, expect, it } from 'vitest';
import { requireSense, systemShape } from '../../../../services/cli/up/system-options.ts';
import type { UpOptions } from '../../../../services/cli/up/system-options.ts';

const typed = (change: Partial<UpOptions> = {}): UpOptions => ({
  modelRepositories: [],
  workers: 2,
  bootSeconds: 20,
  demo: true,
  spill: true,
  scaler: true,
  ...change,
});

describe('what was typed after up', () => {
  it.each([
    [{ spill: false, scaler: false }, /--no-spill .* --no-scaler/],
    [{ demo: false, untilDone: true }, /--until-done is about the demo.*--no-demo/],
    [{ demo: false, spill: false }, /--no-spill is about the demo/],
    [{ modelRepositories: ['/m'], untilDone: true }, /--until-done.*--model-repository/],
    [{ json: 'a.json' }, /--json writes the summary of --until-done/],
  ] as const)('is refused where it makes no sense: %j', (change, line) => {
    expect(() => requireSense(typed(change))).toThrow(line);
  });

  it.each([[{}], [{ demo: false }], [{ spill: false, untilDone: true, json: 'a' }]] as const)(
    'is accepted where it does: %j',
    (change) => {
      expect(() => requireSense(typed(change))).not.toThrow();
    },
  );

  it('has emulated workers and nodes for the demo', () => {
    const shape = systemShape(typed({ bootSeconds: 7, spill: false }));
    expect(shape).toMatchObject({ scalers: 1, spill: 'shut' });
    expect(shape.gpu).toMatchObject({ bootMs: 7000, nodesAtStart: 1 });
    expect(shape.gpu?.emulatedSpeed).toBeGreaterThan(shape.cpu.emulatedSpeed ?? 0);
    expect(systemShape(typed({ scaler: false }))).toMatchObject({ scalers: 0, spill: 'auto' });
  });

  it.each([[{ demo: false }], [{ modelRepositories: ['/m'] }]] as const)(
    'has real CPU workers and nothing emulated without it: %j',
    (change) => {
      const { cpu, gpu } = systemShape(typed({ ...change, workers: 3 }));
      expect(gpu).toBeNull();
      expect(cpu).toEqual({ workers: 3, slots: 1, emulatedSpeed: null });
    },
  );
});
