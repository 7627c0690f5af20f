import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './source-files.ts';

export interface CliEnd {
  readonly exitCode: number | null;
  readonly output: readonly string[];
  readonly notes: readonly string[];
}

/** Runs the built `spillway` as a person would, with nothing else in its environment. */
export function runCli(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  onOutput: (text: string) => void = () => undefined,
): Promise<CliEnd> {
  const main = join(repositoryRoot, 'dist/services/cli/main.js');
  const child = spawn(process.execPath, [main, ...words], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, notes]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (part: Buffer) => {
    output.push(part);
    onOutput(part.toString('utf8'));
  });
  child.stderr.on('data', (part: Buffer) => notes.push(part));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      resolve({ exitCode, output: linesOf(output), notes: linesOf(notes) });
    });
  });
}

const linesOf = (parts: readonly Buffer[]): readonly string[] =>
  Buffer.concat(parts)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
