import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../../../services/local/processes/command.ts';
import { projectFolder } from '../../../services/local/project-folder.ts';
import { temporaryFolder } from '../../support/program-file.ts';

const ownRunTimeoutMs = 30_000;

/** Runs the real Vitest over test files given as name and source; returns all lines it wrote. */
async function runVitest(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = temporaryFolder();
  const reporterFile = join(projectFolder(), 'test/support/closing-line-reporter.ts');
  const configFile = join(folder, 'vitest.config.mjs');
  writeFileSync(
    configFile,
    `import { closingLineReporter } from ${JSON.stringify(reporterFile)};
     export default {
       test: { globals: true, maxWorkers: 1, reporters: ['default', closingLineReporter()] },
     };`,
  );
  for (const [name, source] of Object.entries(files)) {
    writeFileSync(join(folder, `${name}.test.mjs`), source);
  }
  const vitest = join(projectFolder(), 'node_modules/vitest/vitest.mjs');
  const end = await runCommand({
    command: process.execPath,
    commandArguments: [vitest, 'run', `--root=${folder}`, `--config=${configFile}`],
    environment: { PATH: process.env['PATH'], NO_COLOR: '1' },
  });
  return end.lines;
}

it(
  'ends with the counts alone on the last line, and above it what could not run, once',
  async () => {
    const lines = await runVitest({
      good: `it('passes', () => {}); it('passes too', () => {});`,
      bad: `it('fails', () => { throw new Error('planted'); });`,
      absent: `
        console.warn('SKIPPED SUITE: films: FFmpeg is not installed: install ffmpeg');
        console.warn('SKIPPED SUITE: films: FFmpeg is not installed: install ffmpeg');
        describe.skip('films', () => {
          it('one', () => {}); it('two', () => {}); it('three', () => {});
        });`,
    });
    expect(lines.slice(-2)).toEqual([
      'SKIPPED SUITE: films: FFmpeg is not installed: install ffmpeg',
      '2 passed, 1 failed, 3 skipped',
    ]);
  },
  ownRunTimeoutMs,
);

it(
  'counts a file that cannot be loaded and a rejection that nobody handles as failures',
  async () => {
    const lines = await runVitest({
      unloadable: `import './absent.mjs'; it('never runs', () => {});`,
      stray: `it('passes', async () => {
        void Promise.reject(new Error('planted'));
        await new Promise((resolve) => setTimeout(resolve, 10));
      });`,
    });
    expect(lines.at(-1)).toBe('1 passed, 2 failed, 0 skipped');
  },
  ownRunTimeoutMs,
);
