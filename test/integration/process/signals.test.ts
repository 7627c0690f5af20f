import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compiled } from '../../support/compiled.ts';

let folder = '';
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await compiled([
    'services/shared/clock',
    'services/shared/process',
    'test/support/example-process.ts',
  ]);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(folder, { recursive: true }));

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly errorText: Promise<string>;
  /** Resolves when the process has logged this state; rejects if it ends before. */
  reached(state: string): Promise<void>;
}

function start(manner: string, variables: Record<string, string> = {}): Started {
  const path = join(folder, 'test', 'support', 'example-process.js');
  const env = { SPILLWAY_HTTP_PORT: '0', SPILLWAY_HTTP_ADDRESS: '127.0.0.1', ...variables };
  const child = spawn(process.execPath, [path, manner], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const ended = once(child, 'exit').then(([code]: unknown[]) => code);
  const errorText = text(child.stderr);
  const seen = new Set<string>();
  const lines = createInterface({ input: child.stdout });
  const reached = async (state: string): Promise<void> => {
    while (!seen.has(state)) await once(lines, 'seen', { signal: AbortSignal.timeout(10_000) });
  };
  lines.on('line', (line) => {
    seen.add(/"event":"process-state","state":"(\w+)"/.exec(line)?.[1] ?? '');
    lines.emit('seen');
  });
  return { child, ended, errorText, reached };
}

describe('a real process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('drains and exits 0 on %s', async (signal) => {
    const { child, ended, errorText, reached } = start('obedient');
    await reached('running');
    child.kill(signal);
    expect(await ended).toBe(0);
    await reached('stopped');
    expect(await errorText).toBe('');
  });

  it('exits at once on a second signal', async () => {
    const { child, ended, reached } = start('stuck', { SPILLWAY_DRAIN_SECONDS: '3600' });
    await reached('running');
    child.kill('SIGTERM');
    await reached('draining');
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
  });

  it('exits 1 on a rejection that nobody handles', async () => {
    expect(await start('crash').ended).toBe(1);
  });

  it('exits 2 and lists every wrong setting when it cannot be configured', async () => {
    const wrong = { SPILLWAY_HTTP_PORT: '-1', SPILLWAY_LOG_LEVL: 'debug' };
    const { ended, errorText } = start('obedient', wrong);
    expect(await ended).toBe(2);
    expect(await errorText).toBe(
      'The example cannot start: its configuration has 2 problem(s).\n' +
        '  SPILLWAY_HTTP_PORT is "-1"; it must be a whole number from 0 to 65535.\n' +
        '  SPILLWAY_LOG_LEVL is not a setting of this process. ' +
        'Did you mean SPILLWAY_LOG_LEVEL? Else remove it.\n',
    );
  });
});
