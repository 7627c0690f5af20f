import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { startContained, whyNotContained } from '../support/contained-program.ts';
import type { ContainedProgram } from '../support/contained-program.ts';
import { readCompose } from '../support/compose/compose-file.ts';
import type { ComposeService } from '../support/compose/compose-file.ts';
import { demoClip } from '../support/demo-clip.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';
import { withAlteredStages } from '../support/images/altered-dockerfile.ts';
import { newStagingFolder } from '../support/images/layer-cache.ts';
import { Installation } from '../support/installation/installation.ts';
import { stageImages } from '../support/staged-image.ts';
import type { StagedImage } from '../support/staged-image.ts';

type Variables = Readonly<Record<string, string>>;
type Program = 'dispatcher' | 'scaler' | 'worker';

const programs: readonly Program[] = ['dispatcher', 'scaler', 'worker'];
/** As the compose file starts them, which so is tried as well. */
const services = readCompose(readFileSync(join(projectFolder(), 'docker-compose.yml'), 'utf8'));
const running = ['dispatcher', 'scaler', 'gpu-worker', 'cpu-worker'];

function serviceNamed(name: string): ComposeService {
  const service = services.get(name);
  if (service === undefined) throw new Error(`the compose file has no service ${name}`);
  return service;
}

/** Images that lack something, each with what a program says for want of it. */
const lacking = [
  {
    name: 'without-programs',
    stage: 'spillway',
    replace: 'COPY --from=application /opt/spillway /opt/spillway\n',
    by: '',
    service: 'dispatcher',
    says: 'Cannot find module',
  },
  {
    name: 'without-packages',
    stage: 'spillway',
    replace: 'COPY --from=packages /opt/spillway/node_modules /opt/spillway/node_modules\n',
    by: '',
    service: 'scaler',
    says: 'Cannot find package',
  },
  {
    name: 'without-libraries',
    stage: 'spillway',
    replace: 'WORKDIR /opt/spillway\n',
    by: 'WORKDIR /opt/spillway\nRUN rm -r node_modules/onnxruntime-node/bin\n',
    service: 'cpu-worker',
    says: 'an executor could not load its models',
  },
];

describeUnlessMissing('programs from their image', whyNotContained(), () => {
  const keeper = new Keeper();
  let images: ReadonlyMap<string, StagedImage>;
  let models: string;

  beforeAll(async () => {
    const into = newStagingFolder();
    keeper.removeAtEnd(into);
    const original = readFileSync(join(projectFolder(), 'images/Dockerfile'), 'utf8');
    const dockerfile = join(into, 'Dockerfile');
    writeFileSync(dockerfile, withAlteredStages(original, lacking));
    const names = ['spillway', 'spillway-models', ...lacking.map(({ name }) => name)];
    const staged = await stageImages(dockerfile, names, into);
    images = new Map(staged.map((image, index) => [names[index] ?? '', image]));
    models = join(imageNamed('spillway-models').folder, 'models');
  });
  afterAll(() => keeper.close());

  function imageNamed(name: string): StagedImage {
    const image = images.get(name);
    if (image === undefined) throw new Error(`${name} was not staged`);
    return image;
  }

  function run(
    command: readonly string[],
    environment: Variables = {},
    imageName = 'spillway',
  ): ContainedProgram {
    return startContained({
      image: imageNamed(imageName),
      command,
      environment,
      mounts: { [models]: '/var/lib/spillway/models' },
      keeper,
    });
  }

  const mainOf = (program: string): readonly string[] => [
    'node',
    `dist/services/${program}/main.js`,
  ];

  it('the user of the image can write to /tmp and nowhere else', async () => {
    const places = ['/', '/opt/spillway/', '/etc/', '/dev/', '/var/lib/spillway/models/', '/tmp/'];
    const script = `
      const fs = require('node:fs');
      const attempts = ${JSON.stringify(places)}.map((place) => {
        try { fs.writeFileSync(place + 'written', ''); return 'written'; } catch (error) { return error.code; }
      });
      console.log(JSON.stringify({ attempts, user: process.getuid(), group: process.getgid(), pid: process.pid }));`;
    const attempt = run(['node', '-e', script]);
    expect(await attempt.ended).toBe(0);
    expect(JSON.parse(attempt.text())).toEqual({
      attempts: ['EROFS', 'EROFS', 'EROFS', 'EROFS', 'EROFS', 'written'],
      user: 65_532,
      group: 65_532,
      pid: 1,
    });
  });

  it.each(programs)('the %s exits 2 and names what is wrong with its settings', async (program) => {
    const own = program === 'worker' ? serviceNamed('cpu-worker').environment : {};
    const wrong = {
      ...own,
      KAFKA_BROKERS: '',
      SPILLWAY_HTTP_PORT: '-1',
      SPILLWAY_TOPIC_PREFX: 'x.',
    };
    const started = run(mainOf(program), wrong);
    expect(await started.ended).toBe(2);
    expect(started.text().split('\n')).toEqual([
      `The ${program} cannot start: its configuration has 3 problem(s).`,
      '  KAFKA_BROKERS is not set; it must be one or more host:port, separated by commas.',
      '  SPILLWAY_HTTP_PORT is "-1"; it must be a whole number from 0 to 65535.',
      '  SPILLWAY_TOPIC_PREFX is not a setting of this process. ' +
        'Did you mean SPILLWAY_TOPIC_PREFIX? Else remove it.',
    ]);
  });

  it('the command of the models image copies them into an empty volume', async () => {
    const image = imageNamed('spillway-models');
    const copy = (JSON.parse(image.settings.CMD ?? '[]') as string[]).join(' ');
    const volume = '/var/lib/spillway/models';
    const copied = startContained({
      image,
      command: ['sh', '-c', `${copy} && find ${volume} -type f -perm -o=r | sort`],
      volumes: [volume],
      keeper,
    });
    expect(await copied.ended).toBe(0);
    expect(copied.text().split('\n')).toEqual([
      `${volume}/traffic-demo/1/model.onnx`,
      `${volume}/traffic-demo/manifest.json`,
    ]);
  });

  it('the command that the image has by itself shows the help of the CLI', async () => {
    const help = run(JSON.parse(imageNamed('spillway').settings.CMD ?? '[]') as string[]);
    expect(await help.ended).toBe(0);
    expect(help.text()).toContain('Usage: spillway');
  });

  describeWithKafka('programs from their image, with Kafka', () => {
    let installation: Installation;
    let prefix: string;

    beforeAll(async () => {
      prefix = uniqueTopicPrefix();
      installation = await Installation.open({ brokers: kafkaAddresses(), prefix });
    });
    afterAll(() => installation.stop());

    const kafka = (): Variables => ({
      KAFKA_BROKERS: kafkaAddresses().join(','),
      SPILLWAY_TOPIC_PREFIX: prefix,
    });

    /** Resolves when the service serves; with the port of its probes. */
    async function ready(
      name: string,
      imageName = 'spillway',
    ): Promise<{ readonly started: ContainedProgram; readonly port: string }> {
      const { command, environment } = serviceNamed(name);
      // Where the machine has one network for all, no two can have one port.
      const own = { SPILLWAY_HTTP_ADDRESS: '127.0.0.1', SPILLWAY_HTTP_PORT: '0' };
      const started = run(command, { ...environment, ...kafka(), ...own }, imageName);
      const listening = await started.line(({ fields }) => fields?.['event'] === 'http-listening');
      await started.line(
        ({ fields }) => fields?.['event'] === 'process-state' && fields['state'] === 'running',
      );
      return { started, port: String(listening.fields?.['port']) };
    }

    async function health(port: string): Promise<number | NodeJS.Signals> {
      const command = /CMD (\[.+\])$/.exec(imageNamed('spillway').settings.HEALTHCHECK ?? '')?.[1];
      const asked = run(JSON.parse(command ?? '[]') as string[], { SPILLWAY_HTTP_PORT: port });
      return asked.ended;
    }

    it('compute a chunk, call themselves healthy, and end as asked', async () => {
      const up = await Promise.all(running.map((name) => ready(name)));
      const { bytes } = await demoClip(7, 2);
      const coordinates = await installation.submit([{ value: bytes, priority: 'live' }]);
      const outcomes = await installation.outcomes.of(coordinates);
      expect(outcomes.map(({ kind, message }) => [kind, message])).toEqual([['result', '']]);
      const ports = up.map(({ port }) => port);
      expect(await Promise.all(ports.map((port) => health(port)))).toEqual(running.map(() => 0));

      // As process 1, whom the kernel spares signals that it does not handle.
      for (const { started } of up) started.kill('SIGTERM');
      const codes = await Promise.all(up.map(({ started }) => started.ended));
      expect(codes).toEqual(running.map(() => 0));
      const lines = up.flatMap(({ started }) => started.text().split('\n'));
      expect(lines.filter((line) => /EROFS|EACCES|EPERM|read-only/i.test(line))).toEqual([]);
      expect(await health(ports[0] ?? '')).toBe(1);
    });

    it('the CLI makes the topics', async () => {
      const { command } = serviceNamed('topics');
      const ensured = run(command, { ...kafka(), SPILLWAY_TOPIC_PREFIX: `${prefix}cli.` });
      expect([await ensured.ended, ensured.text()]).toEqual([0, expect.stringContaining('intake')]);
    });

    it.each(lacking)('an image $name is noticed', async ({ service, name, says }) => {
      await expect(ready(service, name)).rejects.toThrow(says);
    });
  });
});
