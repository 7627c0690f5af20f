import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { localBrokerConfig } from '../../../../services/local/broker/config.ts';

it('keeps Kafka in the folder named, else where caches belong, else below the home folder', () => {
  const cacheFolder = (environment: Readonly<Record<string, string>>): string =>
    localBrokerConfig(environment).cacheFolder;
  expect(cacheFolder({ SPILLWAY_CACHE_FOLDER: '/own', XDG_CACHE_HOME: '/xdg' })).toBe(
    '/own/kafka-4.1.1',
  );
  expect(cacheFolder({ XDG_CACHE_HOME: '/xdg' })).toBe('/xdg/spillway/kafka-4.1.1');
  const inHome = `${homedir()}/.cache/spillway/kafka-4.1.1`;
  expect(cacheFolder({})).toBe(inHome);
  expect(cacheFolder({ SPILLWAY_CACHE_FOLDER: '', XDG_CACHE_HOME: ' ' })).toBe(inHome);
});

it('takes the Java of JAVA_HOME before the one on the path', () => {
  expect(localBrokerConfig({ JAVA_HOME: '/opt/java' }).javaCommand).toBe('/opt/java/bin/java');
  expect(localBrokerConfig({}).javaCommand).toBe('java');
});
