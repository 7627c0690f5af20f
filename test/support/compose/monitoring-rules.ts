import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectFolder } from '../../../services/local/project-folder.ts';
import type { ComposeService } from './compose-file.ts';
import { ownServices } from './compose-rules.ts';
import type { ComposeRule, Services } from './compose-rules.ts';

const prometheusShape = z.looseObject({
  global: z.object({ scrape_interval: z.string(), evaluation_interval: z.string() }),
  rule_files: z.array(z.string()),
  scrape_configs: z.array(
    z.strictObject({
      job_name: z.string(),
      dns_sd_configs: z
        .array(
          z.object({
            names: z.array(z.string()).length(1),
            type: z.literal('A'),
            port: z.number(),
            refresh_interval: z.string(),
          }),
        )
        .length(1),
    }),
  ),
});
const sourcesShape = z.object({
  apiVersion: z.literal(1),
  datasources: z
    .array(
      z.looseObject({
        uid: z.string(),
        type: z.string(),
        url: z.string(),
        jsonData: z.object({ timeInterval: z.string() }),
      }),
    )
    .length(1),
});
const providersShape = z.object({
  apiVersion: z.literal(1),
  providers: z.array(z.looseObject({ options: z.object({ path: z.string() }) })).length(1),
});

/** The file of the project that a container sees at `target`. */
function mounted(service: ComposeService | undefined, target: string): string | null {
  for (const volume of service?.volumes ?? []) {
    if (volume.target === target) return volume.source.replace('./', '');
    if (!target.startsWith(`${volume.target}/`)) continue;
    return join(volume.source, target.slice(volume.target.length));
  }
  return null;
}

/** Every program that serves metrics is scraped, under its name, at its port, and nothing else. */
export const programsAreScraped: ComposeRule = (services, read) => {
  const { scrape_configs } = prometheusShape.parse(parse(read('compose/prometheus.yml')));
  const targets = scrape_configs.map(({ job_name, dns_sd_configs: [found] }) => ({
    job: job_name,
    target: `${found?.names[0] ?? ''}:${found?.port ?? ''}`,
  }));
  const serving = ownServices(services).flatMap(([name, { environment }]) => {
    const port = environment['SPILLWAY_HTTP_PORT'];
    return port === undefined ? [] : [{ job: name, target: `${name}:${port}` }];
  });
  const shown = (each: (typeof targets)[number]): string => `${each.job} at ${each.target}`;
  const [scraped, served] = [targets.map(shown), serving.map(shown)];
  return [
    ...served.filter((each) => !scraped.includes(each)).map((each) => `Nobody scrapes ${each}.`),
    ...scraped.filter((each) => !served.includes(each)).map((each) => `There is no ${each}.`),
  ];
};

/** Prometheus reads the files that are meant for it. */
export const prometheusIsConfigured: ComposeRule = (services, read) => {
  const prometheus = services.get('prometheus');
  const config = prometheus?.command
    .map((argument) => /^--config\.file=(.+)$/.exec(argument)?.[1])
    .find((file) => file !== undefined);
  const { rule_files } = prometheusShape.parse(parse(read('compose/prometheus.yml')));
  const rules = rule_files.map((glob) => mounted(prometheus, dirname(glob)));
  const hasRules = rules.every(
    (folder) =>
      folder !== null &&
      readdirSync(join(projectFolder(), folder)).some((file) => file.endsWith('.yaml')),
  );
  return [
    ...(mounted(prometheus, config ?? '') === 'compose/prometheus.yml'
      ? []
      : ['prometheus reads another configuration than compose/prometheus.yml.']),
    ...(hasRules ? [] : ['prometheus has no rules where it looks for them.']),
  ];
};

/** Grafana asks our Prometheus and finds the dashboards, which find their source. */
export const grafanaIsProvisioned: ComposeRule = (services, read) => {
  const grafana = services.get('grafana');
  const folders = ['datasources', 'dashboards'].filter(
    (kind) => mounted(grafana, `/etc/grafana/provisioning/${kind}`) !== `compose/grafana/${kind}`,
  );
  const { datasources } = sourcesShape.parse(
    parse(read('compose/grafana/datasources/prometheus.yml')),
  );
  const { providers } = providersShape.parse(
    parse(read('compose/grafana/dashboards/spillway.yml')),
  );
  const { global } = prometheusShape.parse(parse(read('compose/prometheus.yml')));
  const [source, path] = [datasources[0], providers[0]?.options.path ?? ''];
  const dashboards = mounted(grafana, path);
  const home = grafana?.environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
  if (dashboards === null) return [`grafana mounts nothing at ${path}, where dashboards are.`];
  const files = readdirSync(join(projectFolder(), dashboards)).filter((file) =>
    file.endsWith('.json'),
  );
  const isServed = source?.url === `http://prometheus:${prometheusPort(services)}`;
  return [
    ...folders.map((kind) => `grafana finds no ${kind}.`),
    ...(isServed ? [] : [`grafana asks ${source?.url ?? 'nobody'}, where no prometheus is.`]),
    ...(source?.jsonData.timeInterval === global.scrape_interval
      ? []
      : [`grafana takes scrapes to be ${source?.jsonData.timeInterval ?? ''} apart.`]),
    ...(files.some((file) => join(path, file) === home) ? [] : [`grafana has no home ${home}.`]),
    ...files.flatMap((file) =>
      sourceProblems(read(join(dashboards, file)), {
        uid: source?.uid ?? '',
        type: source?.type ?? '',
      }).map((problem) => `${file} ${problem}`),
    ),
  ];
};

const prometheusPort = (services: Services): string =>
  services.get('prometheus')?.ports[0]?.split(':').at(-1) ?? '';

/** Sources by name must be the one that there is; those by choice must be of its type. */
function sourceProblems(
  dashboard: string,
  provisioned: { readonly uid: string; readonly type: string },
): readonly string[] {
  const uids = new Set(
    [...dashboard.matchAll(/"datasource": \{\s*"type": "(\w+)",\s*"uid": "([^"]+)"/g)].map(
      ([, type = '', uid = '']) => `${type} ${uid}`,
    ),
  );
  const { uid, type } = provisioned;
  const known = [`${type} ${uid}`, `${type} $\{datasource}`, 'grafana -- Grafana --'];
  const chosen = /"type": "datasource",\s*"name": "datasource"[^}]*"query": "(\w+)"/.exec(
    dashboard,
  );
  return [
    ...[...uids].filter((each) => !known.includes(each)).map((each) => `asks ${each}.`),
    ...(uids.size > 0 ? [] : ['asks no source at all.']),
    ...(chosen === null || chosen[1] === type ? [] : [`lets choose among ${chosen[1]} sources.`]),
  ];
}
