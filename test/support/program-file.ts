import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is removed when the test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a small program for plain Node and returns its file, gone when the test has finished. */
export function programFile(source: string): string {
  const file = join(temporaryFolder(), 'main.mjs');
  writeFileSync(file, source);
  return file;
}

/** A program that writes one JSON line with its process id and then waits for its end. */
export const waitingProgram = `
console.log(JSON.stringify({ event: 'ready', pid: process.pid }));
setInterval(() => {}, 60_000);
`;

/** Like the waiting program, with a child of its own that waits too. */
export const forkingProgram = `
import { spawn } from 'node:child_process';
const child = spawn('sleep', ['600'], { stdio: 'inherit' });
console.log(JSON.stringify({ event: 'ready', pid: process.pid, childPid: child.pid }));
setInterval(() => {}, 60_000);
`;

/** Refuses to end when asked to. */
export const stubbornProgram = `
process.on('SIGTERM', () => console.log('not yet'));
${waitingProgram}`;
