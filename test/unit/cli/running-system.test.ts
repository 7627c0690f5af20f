import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  findRunningSystem,
  removeRunningSystem,
  writeRunningSystem,
} from '../../../services/cli/running-system.ts';
import { temporaryFolder } from '../../support/program-file.ts';

const system = {
  brokers: ['127.0.0.1:9092'],
  topicPrefix: 'spillway.',
  claimRoot: '/claims',
  pid: process.pid,
  startedAt: '2026-01-31T12:00:00.000Z',
};

const stateFile = (): string => join(temporaryFolder(), 'state', 'spillway', 'up.json');

describe('the file of a running system', () => {
  test('is found as it was written, and only its owner may read it', async () => {
    const file = stateFile();
    await writeRunningSystem(file, system);
    expect(await findRunningSystem(file)).toEqual(system);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('is no system where there is none', async () => {
    expect(await findRunningSystem(stateFile())).toBeNull();
  });

  test('of a process that is gone is refused with what to do', async () => {
    const file = stateFile();
    // Above the largest process id that Linux gives out.
    await writeRunningSystem(file, { ...system, pid: 2 ** 22 + 1 });
    await expect(findRunningSystem(file)).rejects.toThrow(
      /is gone \(process 4194305\).*spillway up/,
    );
  });

  test('that is no such file is refused with the field that is wrong', async () => {
    const file = join(temporaryFolder(), 'up.json');
    writeFileSync(file, JSON.stringify({ ...system, brokers: 'kafka' }));
    await expect(findRunningSystem(file)).rejects.toThrow(/brokers must be a list/);
  });

  test('is removed by its owner only', async () => {
    const file = stateFile();
    await writeRunningSystem(file, system);
    await removeRunningSystem(file, system.pid + 1);
    expect(existsSync(file)).toBe(true);
    await removeRunningSystem(file, system.pid);
    expect(existsSync(file)).toBe(false);
  });
});
