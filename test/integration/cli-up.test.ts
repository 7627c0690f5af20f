import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CriterionName } from '../../services/cli/up/story/criteria.ts';
import type { Summary } from '../../services/cli/up/story/summary.ts';
import { describeWithLocalKafka } from '../support/broker.ts';
import { runCli } from '../support/cli-run.ts';
import type { CliEnd } from '../support/cli-run.ts';
import { temporaryFolder } from '../support/program-file.ts';

/** The story is to end within five minutes, start and stop included. */
const storyMsMax = 300_000;
const storiesMsMax = 2 * storyMsMax;

interface Played {
  readonly end: CliEnd;
  readonly summary: Summary;
}

interface Playing {
  readonly played: Promise<Played>;
  /** Resolves when the burst is over, from when on the machine has little to do, or with the end. */
  readonly burstOver: Promise<unknown>;
}

function play(...words: readonly string[]): Playing {
  const folder = temporaryFolder();
  const file = join(folder, 'summary.json');
  const { HOME = folder, JAVA_HOME } = process.env;
  const environment = {
    HOME,
    ...(JAVA_HOME === undefined ? {} : { JAVA_HOME }),
    XDG_STATE_HOME: folder,
  };
  let tellBurstOver = (): void => undefined;
  const told = new Promise<void>((resolve) => {
    tellBurstOver = resolve;
  });
  const ended = runCli(['up', '--until-done', '--json', file, ...words], environment, (text) => {
    if (text.includes('burst over')) tellBurstOver();
  });
  const played = ended.then((end) => ({
    end,
    summary: JSON.parse(readFileSync(file, 'utf8')) as Summary,
  }));
  return { played, burstOver: Promise.race([told, ended]) };
}

/** The controls first; the whole story begins once their bursts are over and leave it the machine. */
function playAll(): Readonly<Record<'whole' | 'withoutSpill' | 'withoutScaler', Promise<Played>>> {
  const withoutSpill = play('--no-spill');
  const withoutScaler = play('--no-scaler');
  const bursts = Promise.all([withoutSpill.burstOver, withoutScaler.burstOver]);
  const whole = bursts.then(() => play().played);
  return { whole, withoutSpill: withoutSpill.played, withoutScaler: withoutScaler.played };
}

const failing = ({ criteria }: Summary): readonly CriterionName[] =>
  criteria.filter(({ holds }) => !holds).map(({ name }) => name);

describeWithLocalKafka('spillway up', () => {
  let stories: ReturnType<typeof playAll> | null = null;
  const played = (story: keyof ReturnType<typeof playAll>): Promise<Played> => {
    stories ??= playAll();
    return stories[story];
  };

  test(
    'plays its story to the end: what the GPU would finish too late is spilled, nodes come and go',
    async () => {
      const { end, summary } = await played('whole');
      const lines = end.output.join('\n');
      expect(failing(summary), lines).toEqual([]);
      expect(end.exitCode).toBe(0);
      expect(end.notes.join('\n')).not.toMatch(/ended \(|cannot/);
      // Each step of the story was told, with its reason.
      expect(lines).toMatch(/burst: on top/);
      expect(lines).toMatch(/node {5}gpu-demo-2 {2}ordered: its worker starts in \d+ s/);
      expect(lines).toMatch(/decided {2}gpu-demo: 1 → \d nodes: .* are due within/);
      expect(lines).toMatch(/spill {4}spill is open; the scaler says open/);
      expect(lines).toMatch(/node {5}gpu-demo-2 {2}loaded: computes/);
      expect(lines).toMatch(/node {5}gpu-demo-2 {2}gone/);
      expect(lines).toMatch(/nodes always on: .* are saved/);
      expect(lines).toContain('Workers are emulated');
    },
    storiesMsMax,
  );

  test(
    'without spill live is late, and without the scaler the burst is not cleared in time',
    async () => {
      const withoutSpill = await played('withoutSpill');
      const withoutScaler = await played('withoutScaler');
      const { facts } = withoutSpill.summary;
      const spillLines = withoutSpill.end.output.join('\n');
      expect(withoutSpill.end.exitCode, spillLines).toBe(1);
      expect(facts).toMatchObject({ missing: 0, surplus: 0, spilled: 0 });
      expect(facts.liveOnTime / facts.live, spillLines).toBeLessThan(0.8);
      expect(failing(withoutSpill.summary)).toContain('live-on-time');

      const { facts: alone } = withoutScaler.summary;
      const scalerLines = withoutScaler.end.output.join('\n');
      expect(withoutScaler.end.exitCode, scalerLines).toBe(1);
      expect(alone).toMatchObject({ missing: 0, surplus: 0, nodesOrdered: 0 });
      expect(alone.burstOnTime / alone.burst, scalerLines).toBeLessThan(0.9);
      expect(failing(withoutScaler.summary)).toContain('node-booted-and-left');
    },
    storiesMsMax,
  );
});
