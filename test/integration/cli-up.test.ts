import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWithLocalKafka } from '../support/broker.ts';
import { runCli } from '../support/cli-run.ts';
import { temporaryFolder } from '../support/program-file.ts';

describeWithLocalKafka('spillway up', () => {
  test('plays its demo to the end: every chunk of every priority has exactly one result', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'summary.json');
    const { HOME = folder, JAVA_HOME } = process.env;
    const end = await runCli(['up', '--until-done', '--json', file], {
      HOME,
      ...(JAVA_HOME === undefined ? {} : { JAVA_HOME }),
      XDG_STATE_HOME: folder,
    });
    expect(end.notes.join('\n')).not.toMatch(/ended|cannot/);
    expect(end.exitCode).toBe(0);
    const summary: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(summary).toMatchObject({ submitted: 18, results: 18, missing: 0, surplus: 0 });
    const lines = end.output.join('\n');
    expect(lines).toMatch(/street-1 {2}0:00\.000-0:02\.000 {2}4 frames: .*vehicle.* s on cpu/);
    expect(lines).toContain('18 chunks submitted: 18 results');
  }, 240_000);
});
