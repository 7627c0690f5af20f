import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { secret } from '../../../../services/shared/process/secret.ts';

it('a secret shows itself only to those who ask for it by name', () => {
  const password = secret('hunter2');
  const shown = [
    String(password),
    JSON.stringify({ password }),
    inspect({ password }, { showHidden: true, depth: 5 }),
    Object.entries(password).join(),
  ];
  expect(shown.join()).not.toContain('hunter2');
  expect(shown[1]).toBe('{"password":"[redacted]"}');
  expect(password.reveal()).toBe('hunter2');
});
