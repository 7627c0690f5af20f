import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { projectFolder } from '../../services/local/project-folder.ts';
import { clusterBinary, missingBinaries } from '../support/cluster-binaries.ts';
import { readCompose } from '../support/compose/compose-file.ts';
import {
  brokerIsTheLocalOne,
  brokersAreReached,
  imagesAreBuilt,
  modelsAreMounted,
  programsTakeTheirSettings,
  surroundingsExist,
} from '../support/compose/compose-rules.ts';
import type { ComposeRule } from '../support/compose/compose-rules.ts';
import {
  grafanaIsProvisioned,
  programsAreScraped,
  prometheusIsConfigured,
} from '../support/compose/monitoring-rules.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';

const composeFile = 'docker-compose.yml';

/** A rule, and a change somewhere that it has to find. */
interface Planted {
  readonly guarantee: string;
  readonly rule: ComposeRule;
  readonly file: string;
  readonly replace: string;
  readonly by: string;
  readonly found: RegExp;
}

const planted: readonly Planted[] = [
  {
    guarantee: 'gives each program only settings that it knows',
    rule: programsTakeTheirSettings,
    file: composeFile,
    replace: 'SPILLWAY_WORKER_SLOTS',
    by: 'SPILLWAY_WORKER_SLOT',
    found: /gpu-worker: SPILLWAY_WORKER_SLOT is not a setting/,
  },
  {
    guarantee: 'gives each program settings of Kafka that exist',
    rule: programsTakeTheirSettings,
    file: composeFile,
    replace: 'SPILLWAY_SPILL: auto',
    by: "KAFKA_TSL: 'true'",
    found: /scaler: KAFKA_TSL is no setting/,
  },
  {
    guarantee: 'gives each program values that it takes',
    rule: programsTakeTheirSettings,
    file: composeFile,
    replace: 'SPILLWAY_SPILL: auto',
    by: 'SPILLWAY_SPILL: sometimes',
    found: /scaler: SPILLWAY_SPILL is "sometimes"/,
  },
  {
    guarantee: 'starts programs that are there',
    rule: programsTakeTheirSettings,
    file: composeFile,
    replace: 'dist/services/scaler/main.js',
    by: 'dist/services/sizer/main.js',
    found: /scaler runs node dist\/services\/sizer/,
  },
  {
    guarantee: 'leaves programs the time that they take to stop',
    rule: programsTakeTheirSettings,
    file: composeFile,
    replace: 'stop_grace_period: 30s',
    by: 'stop_grace_period: 20s',
    found: /20000 ms of grace/,
  },
  {
    guarantee: 'builds images that are in the Dockerfile',
    rule: imagesAreBuilt,
    file: 'images/Dockerfile',
    replace: 'FROM node AS spillway\n',
    by: 'FROM node AS programs\n',
    found: /is not the stage spillway/,
  },
  {
    guarantee: 'runs programs as their image does, with a read-only root',
    rule: imagesAreBuilt,
    file: composeFile,
    replace: '  read_only: true\n  tmpfs: [/tmp]\n',
    by: '  tmpfs: [/tmp]\n',
    found: /dispatcher must run as/,
  },
  {
    guarantee: 'runs the version of the broker that npm start runs',
    rule: brokerIsTheLocalOne,
    file: composeFile,
    replace: 'apache/kafka:4.1.1',
    by: 'apache/kafka:4.0.0',
    found: /kafka is apache\/kafka:4\.0\.0/,
  },
  {
    guarantee: 'runs the broker with the settings that npm start gives it',
    rule: brokerIsTheLocalOne,
    file: composeFile,
    replace: "KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false'",
    by: "KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'true'",
    found: /KAFKA_AUTO_CREATE_TOPICS_ENABLE must be 'false'/,
  },
  {
    guarantee: 'tells programs where the broker is',
    rule: brokersAreReached,
    file: composeFile,
    replace: 'KAFKA_BROKERS: kafka:29092',
    by: 'KAFKA_BROKERS: kafka:9092',
    found: /dispatcher: KAFKA_BROKERS/,
  },
  {
    guarantee: 'publishes the broker where it tells the machine to come',
    rule: brokersAreReached,
    file: composeFile,
    replace: "['127.0.0.1:9092:9092']",
    by: "['127.0.0.1:9094:9092']",
    found: /kafka does not publish 127\.0\.0\.1:9092/,
  },
  {
    guarantee: 'publishes nothing beyond this machine',
    rule: surroundingsExist,
    file: composeFile,
    replace: "['127.0.0.1:3000:3000']",
    by: "['3000:3000']",
    found: /grafana publishes 3000:3000/,
  },
  {
    guarantee: 'mounts what is there',
    rule: surroundingsExist,
    file: composeFile,
    replace: './compose/grafana/dashboards',
    by: './compose/grafana/boards',
    found: /grafana mounts \.\/compose\/grafana\/boards/,
  },
  {
    guarantee: 'mounts models where workers look for them',
    rule: modelsAreMounted,
    file: composeFile,
    replace: 'SPILLWAY_MODEL_REPOSITORIES: /var/lib/spillway/models',
    by: 'SPILLWAY_MODEL_REPOSITORIES: /models',
    found: /gpu-worker has no models/,
  },
  {
    guarantee: 'has every program scraped at its port',
    rule: programsAreScraped,
    file: composeFile,
    replace: "SPILLWAY_HTTP_PORT: '9090'",
    by: "SPILLWAY_HTTP_PORT: '9099'",
    found: /Nobody scrapes dispatcher at dispatcher:9099/,
  },
  {
    guarantee: 'has nothing scraped that does not run',
    rule: programsAreScraped,
    file: 'compose/prometheus.yml',
    replace: 'names: [cpu-worker]',
    by: 'names: [worker]',
    found: /There is no cpu-worker at worker:9090/,
  },
  {
    guarantee: 'gives Prometheus its configuration and the rules',
    rule: prometheusIsConfigured,
    file: composeFile,
    replace: './charts/spillway/files/rules:',
    by: './compose/grafana:',
    found: /prometheus has no rules/,
  },
  {
    guarantee: 'has Grafana ask this Prometheus',
    rule: grafanaIsProvisioned,
    file: 'compose/grafana/datasources/prometheus.yml',
    replace: 'http://prometheus:9090',
    by: 'http://localhost:9090',
    found: /grafana asks http:\/\/localhost:9090/,
  },
  {
    guarantee: 'gives Grafana dashboards whose source is there',
    rule: grafanaIsProvisioned,
    file: 'compose/grafana/datasources/prometheus.yml',
    replace: 'type: prometheus',
    by: 'type: loki',
    found: /overview\.json lets choose among prometheus sources/,
  },
  {
    guarantee: 'gives Grafana dashboards where it looks for them',
    rule: grafanaIsProvisioned,
    file: 'compose/grafana/dashboards/spillway.yml',
    replace: '/etc/spillway/dashboards',
    by: '/etc/spillway/boards',
    found: /grafana mounts nothing at \/etc\/spillway\/boards/,
  },
];

const readProject = (path: string): string => readFileSync(join(projectFolder(), path), 'utf8');

function problemsOf(rule: ComposeRule, read: (path: string) => string): readonly string[] {
  return rule(readCompose(read(composeFile)), read);
}

describe('the compose file', () => {
  it.each(planted)('$guarantee', ({ rule, file, replace, by, found }) => {
    expect(problemsOf(rule, readProject)).toEqual([]);
    const original = readProject(file);
    expect(original).toContain(replace);
    const changed = original.replace(replace, by);
    const problems = problemsOf(rule, (path) => (path === file ? changed : readProject(path)));
    expect(problems.join('\n')).toMatch(found);
  });
});

describeUnlessMissing('docker compose', missingBinaries(['docker-compose']), () => {
  /** Exit code of `docker compose config`, which needs no engine. */
  function config(folder: string, ...files: readonly string[]): number | null {
    const named = files.flatMap((file) => ['-f', join(folder, file)]);
    const { status } = spawnSync(clusterBinary('docker-compose'), [...named, 'config', '-q'], {
      cwd: folder,
      env: { ...process.env, DOCKER_HOST: 'unix:///nonexistent' },
    });
    return status;
  }

  it('accepts the file, alone and with a real GPU', () => {
    expect(config(projectFolder(), composeFile)).toBe(0);
    expect(config(projectFolder(), composeFile, 'compose/gpu.yml')).toBe(0);
  });

  it('refuses a copy with a key that does not exist', () => {
    const folder = mkdtempSync(join(tmpdir(), 'spillway-compose-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(join(projectFolder(), composeFile), join(folder, composeFile));
    expect(config(folder, composeFile)).toBe(0);
    const text = readProject(composeFile).replace('healthcheck:', 'health-check:');
    writeFileSync(join(folder, composeFile), text);
    expect(config(folder, composeFile)).not.toBe(0);
  });
});

const promtool = spawnSync('promtool', ['--version']);
const promtoolMissing =
  promtool.status === 0 ? null : 'there is no promtool: apt-get install prometheus';

describeUnlessMissing('promtool', promtoolMissing, () => {
  function check(text: string): number | null {
    const folder = mkdtempSync(join(tmpdir(), 'spillway-promtool-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'prometheus.yml');
    // The rules where they are on this machine, so that they are checked as well.
    const rules = join(projectFolder(), 'charts/spillway/files/rules');
    writeFileSync(file, text.replace('/etc/prometheus/rules', rules));
    return spawnSync('promtool', ['check', 'config', file]).status;
  }

  it('accepts the configuration with its rules, and refuses a broken one', () => {
    const text = readProject('compose/prometheus.yml');
    expect(check(text)).toBe(0);
    expect(check(text.replace('scrape_interval: 5s', 'scrape_interval: soon'))).toBe(1);
  });
});
