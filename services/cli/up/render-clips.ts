import { join } from 'node:path';
import { runCommand } from '../../local/processes/command.ts';
import type { Keeper } from '../../local/processes/keeper.ts';
import { projectFolder } from '../../local/project-folder.ts';
import { priorities } from '../../shared/chunk/words.ts';
import type { Priority } from '../../shared/chunk/words.ts';
import { CommandError } from '../command-error.ts';

/** Video of the demo's own: one street for each priority. */
export interface DemoClip {
  readonly file: string;
  readonly priority: Priority;
  readonly source: string;
}

const firstSeed = 1;
const demoClipSeconds = 12;

/** Renders the clips in a process of its own, since it takes some seconds of computing. */
export async function renderDemoClips(
  folder: string,
  keeper: Keeper,
): Promise<readonly DemoClip[]> {
  const program = join(projectFolder(), 'dist/services/local/demo-video/generate/main.js');
  const seeds = ['--seed', String(firstSeed), '--count', String(priorities.length)];
  const rest = ['--seconds', String(demoClipSeconds), '--out', folder];
  const end = await runCommand({
    command: process.execPath,
    commandArguments: [program, ...seeds, ...rest],
    environment: {},
    keeper,
  });
  if (end.outcome !== 'done') {
    const reason = end.lines.at(-1) ?? `exit code ${end.exitCode}`;
    throw new CommandError('input', `the demo's video could not be rendered: ${reason}`);
  }
  return priorities.map((priority, index) => ({
    file: join(folder, `street-${firstSeed + index}.mp4`),
    priority,
    source: `street-${firstSeed + index}`,
  }));
}
