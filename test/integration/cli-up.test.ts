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

async function play(
  ...words: readonly string[]
): Promise<{ readonly end: CliEnd; readonly summary: Summary }> {
  const folder = temporaryFolder();
  const file = join(folder, 'summary.json');
  const { HOME = folder, JAVA_HOME } = process.env;
  const end = await runCli(['up', '--until-done', '--json', file, ...words], {
    HOME,
    ...(JAVA_HOME === undefined ? {} : { JAVA_HOME }),
    XDG_STATE_HOME: folder,
  });
  return { end, summary: JSON.parse(readFileSync(file, 'utf8')) as Summary };
}

const failing = ({ criteria }: Summary): readonly CriterionName[] =>
  criteria.filter(({ holds }) => !holds).map(({ name }) => name);

describeWithLocalKafka('spillway up', () => {
  test(
    'plays its story to the end: what the GPU would finish too late is spilled, nodes come and go',
    async () => {
      const { end, summary } = await play();
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
    storyMsMax,
  );

  test(
    'without spill live is late, and without the scaler the burst is not cleared in time',
    async () => {
      const [withoutSpill, withoutScaler] = await Promise.all([
        play('--no-spill'),
        play('--no-scaler'),
      ]);
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
    storyMsMax,
  );
});
