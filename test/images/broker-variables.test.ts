import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { localBrokerConfig } from '../../services/local/broker/config.ts';
import { serverProperties } from '../../services/local/broker/server-properties.ts';
import { runCommand } from '../../services/local/processes/command.ts';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { describeWithLocalKafka } from '../support/broker.ts';
import { readCompose } from '../support/compose/compose-file.ts';

const keeper = new Keeper();
afterAll(() => keeper.close());

/** What the broker's image makes of variables, by the very class that runs when it starts. */
async function setUp(
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly isAccepted: boolean; readonly properties: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-broker-image-'));
  keeper.removeAtEnd(folder);
  const [given, mounted, final] = [join(folder, 'a'), join(folder, 'b'), join(folder, 'c')];
  for (const each of [given, mounted, final]) mkdirSync(each);
  for (const name of ['server.properties', 'log4j2.yaml', 'tools-log4j2.yaml']) {
    writeFileSync(join(given, name), '');
  }
  const { cacheFolder, javaCommand } = localBrokerConfig(process.env);
  const { outcome } = await runCommand({
    command: javaCommand,
    commandArguments: [
      '-XX:TieredStopAtLevel=1',
      '-cp',
      join(cacheFolder, '*'),
      'kafka.docker.KafkaDockerWrapper',
      'setup',
      `--default-configs-dir=${given}`,
      `--mounted-configs-dir=${mounted}`,
      `--final-configs-dir=${final}`,
    ],
    environment: {
      ...process.env,
      ...variables,
      KAFKA_LOG_DIRS: join(folder, 'data'),
      CLUSTER_ID: Buffer.from('a cluster of one').toString('base64url'),
    },
  });
  const properties = readFileSync(join(final, 'server.properties'), 'utf8');
  return { isAccepted: outcome === 'done', properties };
}

const compose = readCompose(readFileSync(join(projectFolder(), 'docker-compose.yml'), 'utf8'));
const variables = compose.get('kafka')?.environment ?? {};

describeWithLocalKafka('the image of the broker', () => {
  it('makes of the compose file the settings of the local broker', async () => {
    const { isAccepted, properties } = await setUp(variables);
    expect(isAccepted).toBe(true);
    const place = { id: 1, port: 0, controllerPort: 9093, advertisedPort: 0 };
    const local = serverProperties(place, [place], '').trim().split('\n');
    const differing = /^(listeners|advertised|listener\.|controller\.quorum|log\.dirs)/;
    const common = (lines: readonly string[]): readonly string[] =>
      lines.filter((line) => line.includes('=') && !differing.test(line)).toSorted();
    expect(common(properties.split('\n'))).toEqual(common(local));
  });

  it('refuses listeners that do not fit together', async () => {
    const wrong = { ...variables, KAFKA_ADVERTISED_LISTENERS: 'ELSEWHERE://kafka:29092' };
    expect((await setUp(wrong)).isAccepted).toBe(false);
  });
});
