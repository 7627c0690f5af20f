import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { projectFolder } from '../../services/local/project-folder.ts';
import { clusterBinary } from '../support/cluster-binaries.ts';

export const chartFolder = join(projectFolder(), 'charts/spillway');
const ownValuesFolder = join(projectFolder(), 'test/chart/values');

/** The version that the binaries of the cluster suite have. */
export const kubernetesVersion = '1.36.3';
const releaseName = 'spillway';
export const namespace = 'video';

/** Values that people are shown, and those of ours that switch on what these leave off. */
export const valuesFiles: readonly string[] = [
  join(chartFolder, 'examples'),
  ownValuesFolder,
].flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));

export interface Ended {
  readonly exitCode: number;
  readonly output: string;
  readonly problems: string;
}

/** Runs a program to its end, whatever that is. */
export function runProgram(
  binary: string,
  words: readonly string[],
  input: string = '',
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      clusterBinary(binary),
      words,
      { maxBuffer: 64 * 1024 * 1024 },
      (error, output, problems) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ exitCode, output, problems });
      },
    );
    // It may end without reading all of it.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** A rendered object, as far as tests look into it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- any kind of object; tests know which
  readonly [key: string]: any;
}

export type Values = Readonly<Record<string, unknown>>;

/** Values that suffice to install. */
export const leastValues: Values = { kafka: { brokers: ['kafka:9092'] } };

/** What Helm makes of values: a file's path, or the values themselves. */
export async function template(
  values: string | Values,
  more: readonly string[] = [],
): Promise<Ended> {
  if (typeof values === 'string') return templateFile(values, more);
  const folder = await mkdtemp(join(tmpdir(), 'spillway-values-'));
  try {
    const path = join(folder, 'values.yaml');
    await writeFile(path, stringify(values));
    return await templateFile(path, more);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const templateFile = (path: string, more: readonly string[]): Promise<Ended> =>
  runProgram('helm', [
    'template',
    releaseName,
    chartFolder,
    `--namespace=${namespace}`,
    `--kube-version=${kubernetesVersion}`,
    `--values=${path}`,
    ...more,
  ]);

/** @throws Error with Helm's own words if it refuses. */
export async function rendered(values: string | Values): Promise<readonly Manifest[]> {
  const { exitCode, output, problems } = await template(values);
  if (exitCode !== 0) throw new Error(problems);
  return parseAllDocuments(output).flatMap((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });
}

export const ofKind = (manifests: readonly Manifest[], kind: string): readonly Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind);
