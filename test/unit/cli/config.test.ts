import { expect, test } from 'vitest';
import { CommandError } from '../../../services/cli/command-error.ts';
import { parseConfig } from '../../../services/cli/config.ts';

test('a person may say where Kafka is kept, and where a running system is remembered', () => {
  const config = parseConfig({ SPILLWAY_CACHE_FOLDER: '/var/cache', XDG_STATE_HOME: '/state' });
  expect(config).toMatchObject({ brokers: null, stateFile: '/state/spillway/up.json' });
});

test('a name that is no setting is refused', () => {
  expect(() => parseConfig({ SPILLWAY_CASH_FOLDER: '/var/cache' })).toThrow(CommandError);
});
