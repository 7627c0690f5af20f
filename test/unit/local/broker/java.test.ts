import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { localBrokerConfig } from '../../../../services/local/broker/config.ts';
import { parseJavaMajor, requireJava } from '../../../../services/local/broker/java.ts';
import { temporaryFolder } from '../../../support/program-file.ts';

function configWithJava(script: string) {
  const javaCommand = join(temporaryFolder(), 'java');
  writeFileSync(javaCommand, `#!/bin/sh\n${script}\n`);
  chmodSync(javaCommand, 0o755);
  return { ...localBrokerConfig(process.env), javaCommand };
}

it('reads the major version in the old and the new manner', () => {
  expect(parseJavaMajor(['openjdk version "17.0.15" 2025-04-15'])).toBe(17);
  expect(
    parseJavaMajor(['Picked up JAVA_TOOL_OPTIONS: -Xmx1g', 'openjdk version "21" 2023-09-19']),
  ).toBe(21);
  expect(parseJavaMajor(['java version "1.8.0_402"'])).toBe(8);
  expect(parseJavaMajor(['something else'])).toBeNull();
});

it('accepts Java 17 and refuses an older one, naming both versions', async () => {
  await requireJava(configWithJava(`echo 'openjdk version "17.0.15"' >&2`));
  await expect(
    requireJava(configWithJava(`echo 'openjdk version "11.0.2"' >&2`)),
  ).rejects.toMatchObject({
    code: 'java-too-old',
    message: expect.stringMatching(/is version 11: install Java 17 or later, or set KAFKA_BROKERS/),
  });
});

it('names the command and what to install where there is no Java', async () => {
  const config = { ...localBrokerConfig(process.env), javaCommand: '/nowhere/java' };
  await expect(requireJava(config)).rejects.toMatchObject({
    code: 'java-missing',
    message: expect.stringMatching(/'\/nowhere\/java' does not run: install Java 17/),
  });
});
