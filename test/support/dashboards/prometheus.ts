import { spawn } from 'node:child_process';
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { findFreePorts } from '../../../services/local/broker/free-ports.ts';
import type { Keeper } from '../../../services/local/processes/keeper.ts';
import { systemClock, systemRandom } from '../../../services/shared/clock/system.ts';

/** Labels of one scraped address. */
export type TargetLabels = Readonly<Record<string, string>>;

/** What an expression gives of one series at one moment. */
export interface Sample {
  readonly labels: TargetLabels;
  /** May be NaN. */
  readonly value: number;
}

/** A real Prometheus on loopback, with a folder of its own. */
export interface RunningPrometheus {
  readonly name: string;
  /** From now on these are scraped, by address. */
  scrape(targets: ReadonlyMap<string, TargetLabels>): void;
  /** Resolves when every address has been scraped anew. */
  scraped(): Promise<void>;
  /** Resolves when the expression gives something at present. */
  hasSeen(expr: string): Promise<void>;
  /** Samples of all series that the expression gives at one moment, in Unix seconds. */
  atOnce(expr: string, atSeconds: number): Promise<readonly Sample[]>;
  /** The same over a range, a point each second. */
  overRange(expr: string, span: TimeSpan): Promise<readonly Sample[]>;
  metricNames(): Promise<ReadonlySet<string>>;
  labelValues(label: string): Promise<readonly string[]>;
  /** Health and last error of each alert of its rules, by name. */
  rules(): Promise<readonly LoadedRule[]>;
}

export interface TimeSpan {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

export interface LoadedRule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

const scrapeInterval = '1s';
const startMsMax = 20_000;
const seenMsMax = 15_000;

export async function startPrometheus(
  name: string,
  { rulesFile, keeper }: { readonly rulesFile: string; readonly keeper: Keeper },
): Promise<RunningPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-prometheus-'));
  keeper.removeAtEnd(folder);
  const targetsFile = join(folder, 'targets.json');
  writeFileSync(targetsFile, '[]');
  writeFileSync(join(folder, 'prometheus.yml'), configuration(rulesFile));
  const [port = 0] = await findFreePorts(1, systemRandom);
  const child = spawn(
    'prometheus',
    [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { cwd: folder, detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (child.pid !== undefined) keeper.killAtEnd(child.pid);
  const words: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => words.push(text));
  const origin = `http://127.0.0.1:${port}`;
  await ready(origin, () => (child.exitCode === null ? null : words.join('')));
  return talkingTo(name, origin, targetsFile);
}

function configuration(rulesFile: string): string {
  return stringify({
    global: { scrape_interval: scrapeInterval, evaluation_interval: scrapeInterval },
    rule_files: [rulesFile],
    scrape_configs: [
      {
        job_name: 'spillway',
        file_sd_configs: [{ files: ['targets.json'], refresh_interval: scrapeInterval }],
      },
    ],
  });
}

/** @throws Error with its last words when it ended, or when it does not answer in time. */
async function ready(origin: string, lastWords: () => string | null): Promise<void> {
  const beganAtMs = systemClock.monotonicMs();
  while (systemClock.monotonicMs() - beganAtMs < startMsMax) {
    const ended = lastWords();
    if (ended !== null) throw new Error(`Prometheus ended at once: ${ended}`);
    const isReady = await fetch(`${origin}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await systemClock.sleepMs(50);
  }
  throw new Error(`Prometheus does not answer on ${origin} within ${startMsMax} ms`);
}

interface Matrix {
  readonly result: readonly {
    readonly metric: TargetLabels;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
  }[];
}

function talkingTo(name: string, origin: string, targetsFile: string): RunningPrometheus {
  const ask = async <Data>(
    path: string,
    query: Readonly<Record<string, string>>,
  ): Promise<Data> => {
    const answer = await fetch(`${origin}/api/v1/${path}?${new URLSearchParams(query).toString()}`);
    const told = (await answer.json()) as { readonly data?: Data; readonly error?: string };
    if (told.data === undefined) throw new Error(`${query['query'] ?? path}: ${told.error}`);
    return told.data;
  };
  const samples = async (path: string, query: Readonly<Record<string, string>>) => {
    const { result } = await ask<Matrix>(path, query);
    return result.flatMap(({ metric: labels, value, values }) =>
      (values ?? (value === undefined ? [] : [value])).map(([, text]): Sample => ({
        labels,
        value: Number(text.replace('Inf', 'Infinity')),
      })),
    );
  };
  const hasSeen = async (query: string): Promise<void> => {
    const deadlineAtMs = systemClock.monotonicMs() + seenMsMax;
    while ((await samples('query', { query })).length === 0) {
      if (systemClock.monotonicMs() > deadlineAtMs) throw new Error(`${name} never saw ${query}`);
      await systemClock.sleepMs(50);
    }
  };
  return {
    name,
    hasSeen,
    scraped: () => hasSeen(`min(timestamp(up)) > ${systemClock.nowMs() / 1000}`),
    scrape(targets) {
      const groups = [...targets].map(([target, labels]) => ({ targets: [target], labels }));
      writeFileSync(`${targetsFile}.new`, JSON.stringify(groups));
      renameSync(`${targetsFile}.new`, targetsFile);
    },
    atOnce: (query, atSeconds) => samples('query', { query, time: String(atSeconds) }),
    overRange: (query, { fromSeconds, toSeconds }) =>
      samples('query_range', {
        query,
        start: String(fromSeconds),
        end: String(toSeconds),
        step: '1',
      }),
    metricNames: async () => new Set(await ask<string[]>('label/__name__/values', {})),
    labelValues: (label) => ask('label/' + label + '/values', {}),
    async rules() {
      const { groups } = await ask<{ groups: { rules: LoadedRule[] }[] }>('rules', {});
      return groups.flatMap(({ rules }) => rules);
    },
  };
}
