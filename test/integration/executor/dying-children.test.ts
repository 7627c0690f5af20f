import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { ManualClock } from '../../../services/shared/clock/manual.ts';
import { encodeClip } from '../../support/encoded-clip.ts';
import {
  childPath,
  chunkOf,
  longClip,
  openPool,
  outcomeOf,
  resultOf,
} from '../../support/executor-pool.ts';
import { slowRepository, tinyManifest, tinyRepository } from '../../support/model-repository.ts';
import { programFile } from '../../support/program-file.ts';

const waiting = { timeout: 20_000, interval: 20 };

/** Opens a pool, hands it a chunk, says the child's process id and waits. */
const parentProgram = `
import { readFileSync } from 'node:fs';
const built = ${JSON.stringify(join(dirname(childPath), '..', '..'))};
const { ExecutorPool } = await import(built + '/worker/executor/pool.js');
const { systemClock } = await import(built + '/shared/clock/system.js');
const { clipLimitsDefault } = await import(built + '/worker/executor/clip-limits.js');
const pool = await ExecutorPool.open({
  childPath: built + '/worker/executor/main.js',
  settings: {
    repositories: [process.argv[2]], kind: 'cpu', variants: ['fp32'], batchMax: 64,
    defaultModel: null, threads: 1, limits: clipLimitsDefault,
  },
  environment: {}, executionMsMax: 60_000, loadMsMax: 60_000, memoryBytesMax: 2 ** 31,
  slots: 1, chunksPerHand: 1,
}, { clock: systemClock, listener: { onNotice() {}, onReplaced() {}, onUnusable() {} } });
const bytes = readFileSync(process.argv[3]);
const chunk = { key: 'a', bytes, contentType: null, model: null, startMs: 0, durationMs: null };
void pool.execute([chunk], () => undefined);
console.log(pool.processIds[0]);
`;

/** A process that has ended and waits for its parent to notice is not alive. */
function isAlive(processId: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${processId}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('an executor child that dies, hangs or grows', () => {
  const slow = (): { repositories: readonly string[] } => ({ repositories: [slowRepository()] });

  test('fails its chunk as a retriable crash when it is killed, and is replaced', async () => {
    const { pool, replacements } = await openPool({ settings: slow() });
    const [child = 0] = pool.processIds;
    const outcome = outcomeOf(pool, chunkOf(longClip()));
    process.kill(child, 'SIGKILL');
    expect(await outcome).toMatchObject({
      reason: 'executor-crashed',
      message: expect.stringMatching(/SIGKILL/),
      retriable: true,
    });
    const next = await resultOf(pool, chunkOf(encodeClip({ frames: 3, bFrames: 0 })));
    expect(next.frames).toHaveLength(3);
    expect(pool.processIds).not.toContain(child);
    expect(replacements).toHaveLength(1);
  });

  test('is not available while its successor loads, and is again once that has loaded', async () => {
    const { pool } = await openPool({ settings: slow() });
    expect(await pool.available(0)).toBe(true);
    const [child = 0] = pool.processIds;
    const outcome = outcomeOf(pool, chunkOf(longClip()));
    expect(await pool.available(0)).toBe(false);
    process.kill(child, 'SIGKILL');
    await outcome;
    expect(await pool.available(0)).toBe(false);
    expect(await pool.available(20_000)).toBe(true);
    expect(pool.processIds).not.toContain(child);
  });

  test('is killed when a chunk takes too long, even while it is stopped', async () => {
    const { pool } = await openPool({ pool: { executionMsMax: 3000 } });
    const [child = 0] = pool.processIds;
    process.kill(child, 'SIGSTOP');
    expect(await outcomeOf(pool, chunkOf(encodeClip()))).toMatchObject({
      reason: 'executor-timed-out',
      message: 'the chunk took longer than 3000 ms and its executor was killed',
      retriable: true,
    });
    expect((await resultOf(pool, chunkOf(encodeClip()))).frames).toHaveLength(4);
  });

  test('is killed when it needs more memory than it may have', async () => {
    const { pool } = await openPool({ settings: slow(), pool: { memoryBytesMax: 32 * 2 ** 20 } });
    expect(await outcomeOf(pool, chunkOf(longClip()))).toMatchObject({
      reason: 'out-of-memory',
      message: expect.stringMatching(/used \d+ MB, allowed are 32 MB/),
      retriable: true,
    });
  });

  test('gives its chunk back and is replaced when the provider fails', async () => {
    const input = { ...tinyManifest.input, scale: 1000 };
    const repositories = [tinyRepository({ input }, { failsOnLarge: true })];
    const { pool } = await openPool({ settings: { repositories } });
    const [child = 0] = pool.processIds;
    const light = encodeClip({ lumaOf: () => 235 });
    const dark = encodeClip({ lumaOf: () => 16 });
    expect((await resultOf(pool, chunkOf(dark))).frames).toHaveLength(4);
    expect(await outcomeOf(pool, chunkOf(light))).toMatchObject({
      reason: 'provider-failed',
      message: expect.stringMatching(/execution provider cpu failed/),
      retriable: true,
    });
    expect((await resultOf(pool, chunkOf(dark))).frames).toHaveLength(4);
    expect(pool.processIds).not.toContain(child);
  });

  test('is replaced when it dies without work', async () => {
    const { pool } = await openPool();
    const [child = 0] = pool.processIds;
    process.kill(child, 'SIGKILL');
    await vi.waitFor(() => expect(pool.processIds).not.toContain(child), waiting);
    expect((await resultOf(pool, chunkOf(encodeClip()))).frames).toHaveLength(4);
  });

  test('makes the pool unusable when it cannot be replaced', async () => {
    const clock = new ManualClock(0);
    const repository = tinyRepository();
    const changes = { settings: { repositories: [repository] }, pool: { loadMsMax: 1e9 }, clock };
    const { pool, replacements } = await openPool(changes);
    rmSync(join(repository, 'tiny'), { recursive: true });
    process.kill(pool.processIds[0] ?? 0, 'SIGKILL');
    const outcome = outcomeOf(pool, chunkOf(encodeClip()));
    await vi.waitFor(() => {
      clock.advanceMs(10_000);
      expect(replacements.at(-1)).toMatch(/^unusable: model repository: no model/);
    }, waiting);
    // Either the dying child had it in hand, or nobody was left to take it.
    expect(await outcome).toMatchObject({ kind: 'failure', retriable: true });
    expect(await outcomeOf(pool, chunkOf(encodeClip()))).toMatchObject({
      reason: 'executor-failed',
      retriable: true,
    });
  });

  test('dies with its parent in the middle of a chunk', async () => {
    const program = programFile(parentProgram);
    const clipFile = join(dirname(program), 'clip.mp4');
    writeFileSync(clipFile, longClip());
    const parent = spawn(process.execPath, [program, slowRepository(), clipFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
    const child = Number(line);
    expect(isAlive(child)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(child)).toBe(false), { timeout: 8000, interval: 20 });
  });

  test('fails what it has in hand when the pool is closed', async () => {
    const { pool } = await openPool({ settings: slow() });
    const outcome = outcomeOf(pool, chunkOf(longClip()));
    await pool.close();
    expect(await outcome).toMatchObject({
      reason: 'executor-failed',
      message: 'the worker is stopping',
      retriable: true,
    });
  });
});
