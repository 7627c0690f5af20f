import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseConfig as parseCliConfig } from '../../../services/cli/config.ts';
import { parseConfig as parseDispatcherConfig } from '../../../services/dispatcher/config.ts';
import { localBrokerConfig } from '../../../services/local/broker/config.ts';
import { serverProperties } from '../../../services/local/broker/server-properties.ts';
import { projectFolder } from '../../../services/local/project-folder.ts';
import { parseConfig as parseScalerConfig } from '../../../services/scaler/config.ts';
import { listSettings } from '../../../services/shared/process/environment.ts';
import { ProcessError } from '../../../services/shared/process/errors.ts';
import { kafkaSettings } from '../../../services/shared/process/settings.ts';
import type { ProcessConfig } from '../../../services/shared/process/settings.ts';
import { parseConfig as parseWorkerConfig } from '../../../services/worker/config.ts';
import { parseDockerfile } from '../images/dockerfile.ts';
import type { ComposeService } from './compose-file.ts';

export type Services = ReadonlyMap<string, ComposeService>;

/** Text of a file of the project, or of what a test puts in its place. */
export type ReadText = (path: string) => string;

/** Says in a line what does not agree; empty when all is well. */
export type ComposeRule = (services: Services, read: ReadText) => readonly string[];

type Variables = Readonly<Record<string, string>>;

const parsers: Readonly<Record<string, (environment: Variables) => ProcessConfig | null>> = {
  dispatcher: parseDispatcherConfig,
  scaler: parseScalerConfig,
  worker: parseWorkerConfig,
  cli: (environment) => {
    parseCliConfig(environment);
    return null;
  },
};

const kafkaNames = listSettings(kafkaSettings).map(({ name }) => name);

/** Services that run one of our programs. */
export const ownServices = (services: Services): readonly (readonly [string, ComposeService])[] =>
  [...services].filter(([, { build }]) => build !== undefined);

const programOf = ({ command }: ComposeService): string =>
  /^dist\/services\/(\w+)\/main\.js$/.exec(command[1] ?? '')?.[1] ?? '';

/** Each program takes its variables, knows all of them, and is where the command says. */
export const programsTakeTheirSettings: ComposeRule = (services) =>
  ownServices(services).flatMap(([name, service]) => {
    const program = programOf(service);
    const parse = parsers[program];
    const isThere = existsSync(join(projectFolder(), `services/${program}/main.ts`));
    if (parse === undefined || !isThere || service.command[0] !== 'node') {
      return [`${name} runs ${service.command.join(' ')}, which is no program.`];
    }
    const strange = Object.keys(service.environment)
      .filter((variable) => !variable.startsWith('SPILLWAY_') && !kafkaNames.includes(variable))
      .map((variable) => `${name}: ${variable} is no setting.`);
    return [...strange, ...settingProblems(name, service, parse)];
  });

function settingProblems(
  name: string,
  service: ComposeService,
  parse: (environment: Variables) => ProcessConfig | null,
): readonly string[] {
  try {
    const config = parse(service.environment);
    if (config === null) return [];
    const { drainMs, closeMs } = config.shutdown;
    const graceMs = Number(/^(\d+)s$/.exec(service.stop_grace_period)?.[1]) * 1000;
    return graceMs > drainMs + closeMs
      ? []
      : [`${name}: ${graceMs} ms of grace are not more than ${drainMs + closeMs} ms to stop.`];
  } catch (error) {
    if (error instanceof ProcessError) return error.problems.map((line) => `${name}: ${line}`);
    return [`${name}: ${String(error)}`];
  }
}

/** The images are stages of the Dockerfile, and run as it says. */
export const imagesAreBuilt: ComposeRule = (services, read) =>
  ownServices(services).flatMap(([name, { build, image, user, read_only, tmpfs }]) => {
    const stages = parseDockerfile(read(build?.dockerfile ?? ''));
    const stage = stages.find((each) => each.name === build?.target);
    if (stage === undefined || stage.name !== image) {
      return [`${name}: image ${image} is not the stage ${build?.target ?? ''} of the Dockerfile.`];
    }
    const own = stage.instructions.find((each) => each.kind === 'setting' && each.name === 'USER');
    const isSame = own?.kind === 'setting' && own.value === user;
    return isSame && read_only && tmpfs.join() === '/tmp'
      ? []
      : [`${name} must run as the image's user with a read-only root and a /tmp.`];
  });

/** The broker is that of a machine without Docker: version and settings. */
export const brokerIsTheLocalOne: ComposeRule = (services) => {
  const kafka = services.get('kafka');
  if (kafka === undefined) return ['There is no service kafka.'];
  const local = basename(localBrokerConfig({}).cacheFolder).replace('kafka-', '');
  const version =
    kafka.image === `apache/kafka:${local}`
      ? []
      : [`kafka is ${kafka.image}, the local broker is ${local}.`];
  const place = { id: 1, port: 0, controllerPort: 9093, advertisedPort: 0 };
  const properties = serverProperties(place, [place], '/var/lib/kafka/data');
  const wrong = properties
    .trim()
    .split('\n')
    .map((line) => line.split('=') as [string, string])
    // Addresses are what differs between one machine and several containers.
    .filter(([key]) => !/listeners|protocol\.map|quorum\.voters/.test(key))
    .filter(([key, value]) => kafka.environment[variableOf(key)] !== value)
    .map(([key, value]) => `kafka: ${variableOf(key)} must be '${value}', as ${key} is locally.`);
  return [...version, ...wrong];
};

const variableOf = (property: string): string =>
  `KAFKA_${property.replaceAll('.', '_').toUpperCase()}`;

/** Clients in containers and on the machine are told addresses at which they can come. */
export const brokersAreReached: ComposeRule = (services) => {
  const kafka = services.get('kafka');
  const advertised = kafka?.environment['KAFKA_ADVERTISED_LISTENERS']?.split(',') ?? [];
  const [inside, outside] = advertised.map((each) => each.replace(/^\w+:\/\//, ''));
  const wrong = ownServices(services)
    .filter(([, { environment }]) => environment['KAFKA_BROKERS'] !== inside)
    .map(([name]) => `${name}: KAFKA_BROKERS is not ${inside ?? 'set'}, where kafka is.`);
  const [, host, port] = /^(127\.0\.0\.1):(\d+)$/.exec(outside ?? '') ?? [];
  const isPublished = kafka?.ports.join() === `${host}:${port}:${port}`;
  return isPublished ? wrong : [...wrong, `kafka does not publish ${outside ?? 'anything'}.`];
};

/** Only this machine reaches what is published; what is mounted and waited for is there. */
export const surroundingsExist: ComposeRule = (services) =>
  [...services].flatMap(([name, { ports, volumes, depends_on }]) => [
    ...ports
      .filter((port) => !port.startsWith('127.0.0.1:'))
      .map((port) => `${name} publishes ${port} to more than this machine.`),
    ...volumes
      .filter(({ source }) => source.startsWith('.'))
      .filter(({ source }) => !existsSync(join(projectFolder(), source)))
      .map(({ source }) => `${name} mounts ${source}, which is not there.`),
    ...Object.keys(depends_on)
      .filter((other) => !services.has(other))
      .map((other) => `${name} waits for ${other}, which is no service.`),
  ]);

/** Workers find the models where they look for them. */
export const modelsAreMounted: ComposeRule = (services) =>
  ownServices(services)
    .filter(([, service]) => programOf(service) === 'worker')
    .filter(([, { environment, volumes }]) => {
      const folder = environment['SPILLWAY_MODEL_REPOSITORIES'];
      return !volumes.some(({ target }) => target === folder);
    })
    .map(([name]) => `${name} has no models where it looks for them.`);
