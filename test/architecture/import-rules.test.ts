import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import type { ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantedTree } from '../support/planted-tree.ts';
import { filesUnder, repositoryRoot } from '../support/source-files.ts';
import { importRules } from './import-rules.ts';

interface Plant {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/**
 * One violation per rule and more where a rule has several sides. `to` is a file of the planted tree
 * or a package; where the rule is about what is reached, a file between the two is planted below.
 */
const plants: readonly Plant[] = [
  plant('chunk-imports-nothing', 'shared/chunk/a.ts', 'shared/clock/ports.ts'),
  plant('chunk-imports-nothing', 'shared/chunk/b.ts', 'node:fs'),
  plant('chunk-imports-nothing', 'shared/chunk/c.ts', 'zod'),
  plant('policy-imports-only-chunk', 'policy/a.ts', 'shared/clock/ports.ts'),
  plant('policy-imports-only-chunk', 'policy/b.ts', 'node:crypto'),
  plant('policy-imports-only-chunk', 'policy/c.ts', 'zod'),
  plant('shared-knows-ports-only', 'shared/kafka/a.ts', 'shared/process/run.ts'),
  plant('shared-knows-ports-only', 'shared/kafka/b.ts', 'worker/lane.ts'),
  plant('shared-knows-ports-only', 'shared/clock/a.ts', 'policy/decide.ts'),
  plant('processes-are-strangers', 'dispatcher/a.ts', 'worker/lane.ts'),
  plant('processes-are-strangers', 'cli/a.ts', 'dispatcher/dispatch.ts'),
  plant('local-knows-libraries-only', 'local/a.ts', 'worker/lane.ts'),
  plant('executor-knows-no-parent', 'worker/executor/a.ts', 'worker/lane.ts'),
  plant('adapters-from-main-only', 'dispatcher/b.ts', 'shared/clock/system.ts'),
  plant('adapters-from-main-only', 'worker/a.ts', 'shared/kafka/kafkajs/sink.ts'),
  plant('adapters-from-main-only', 'worker/executor/b.ts', 'worker/executor/node-av-decoder.ts'),
  plant('adapters-from-main-only', 'worker/m.ts', 'shared/object-store/file-store.ts'),
  plant('adapters-from-main-only', 'scaler/a.ts', 'scaler/pools/local-agent.ts'),
  plant('adapters-from-main-only', 'scaler/d.ts', 'shared/kubernetes/api/cluster.ts'),
  plant('adapters-from-main-only', 'shared/process/a.ts', 'shared/process/node-host.ts'),
  plant('ports-speak-our-words', 'shared/kafka/ports.ts', 'kafkajs'),
  plant('parent-reaches-no-decoder', 'worker/main.ts', 'node-av'),
  plant('executor-reaches-no-kafka', 'worker/executor/main.ts', 'kafkajs'),
  plant('simulator-reaches-no-client', 'simulator/a.ts', 'kafkajs'),
  plant('kafkajs-only-in-its-place', 'dispatcher/c.ts', 'kafkajs'),
  plant('node-av-only-in-its-place', 'worker/b.ts', 'node-av'),
  plant('onnxruntime-node-only-in-its-place', 'worker/c.ts', 'onnxruntime-node'),
  plant('@kubernetes-only-in-its-place', 'scaler/b.ts', '@kubernetes/client-node'),
  plant('@grafana-only-in-its-place', 'scaler/e.ts', '@grafana/foundation'),
  plant('@grpc-only-in-its-place', 'scaler/c.ts', '@grpc/grpc-js'),
  plant('pino-only-in-its-place', 'worker/d.ts', 'pino'),
  plant('prom-client-only-in-its-place', 'worker/e.ts', 'prom-client'),
  plant('commander-only-in-its-place', 'worker/f.ts', 'commander'),
  plant('nobody-imports-main', 'worker/g.ts', 'worker/main.ts'),
  plant('services-know-no-test', 'worker/h.ts', '../test/support/builder.ts'),
  plant('services-need-no-tool', 'worker/i.ts', 'vitest'),
  plant('no-cycles', 'worker/j.ts', 'worker/k.ts'),
  plant('everything-resolves', 'worker/l.ts', './gone.ts'),
];

/** Imports that close a planted circle, or that a `reachable` plant goes through. */
const between: readonly Plant[] = [
  plant('', 'worker/k.ts', 'worker/j.ts'),
  plant('', 'worker/main.ts', 'worker/executor/node-av-decoder.ts'),
  plant('', 'worker/executor/node-av-decoder.ts', 'node-av'),
  plant('', 'worker/executor/main.ts', 'shared/kafka/kafkajs/sink.ts'),
  plant('', 'shared/kafka/kafkajs/sink.ts', 'kafkajs'),
  plant('', 'simulator/a.ts', 'dispatcher/c.ts'),
];
const reachRules = [
  'parent-reaches-no-decoder',
  'executor-reaches-no-kafka',
  'simulator-reaches-no-client',
];

function plant(rule: string, from: string, to: string): Plant {
  return { rule, from, to };
}

async function check(root: string): Promise<ICruiseResult> {
  const options = {
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: [...importRules] },
    // Without this, imports of types vanish before they are judged.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    combinedDependencies: false,
  };
  const resolve = {
    conditionNames: ['import', 'types', 'node', 'default'],
    exportsFields: ['exports'],
  };
  const { output } = await cruise(['services', 'test'], options, resolve);
  if (typeof output === 'string') throw new Error(`dependency-cruiser gave a text: ${output}`);
  return output;
}

function violationsOf(result: ICruiseResult): readonly string[] {
  return result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}

describe('imports', () => {
  let result: ICruiseResult;
  beforeAll(async () => {
    result = await check(repositoryRoot);
  }, 60_000);

  it('keep every rule of the architecture', () => {
    expect(violationsOf(result)).toEqual([]);
  });

  it('are all looked at: a check that reads no file would find nothing', async () => {
    const sources = (await filesUnder(['services'])).filter((path) => path.endsWith('.ts'));
    const looked = result.modules.map((module) => module.source);
    expect(sources.filter((path) => !looked.includes(path))).toEqual([]);
    expect(looked.length).toBeGreaterThanOrEqual(sources.length);
    expect(sources.length).toBeGreaterThan(50);
  });
});

describe('each import rule', () => {
  let root = '';
  let found: readonly { readonly rule: string; readonly from: string; readonly to: string }[] = [];

  beforeAll(async () => {
    root = await plantedTree(plantedFiles());
    const result = await check(root);
    found = result.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  }, 60_000);
  afterAll(() => rm(root, { recursive: true }));

  it('has a planted violation', () => {
    const planted = new Set(plants.map(({ rule }) => rule));
    expect(importRules.map(({ name }) => name).filter((name) => !planted.has(name ?? ''))).toEqual(
      [],
    );
  });

  it.each(plants)('finds the planted one: $rule, $from -> $to', ({ rule, from, to }) => {
    const target = to.endsWith('.ts') ? (to.split('/').at(-1) ?? to) : to.replace('node:', '');
    const hits = found.filter(
      (each) => each.rule === rule && each.from === `services/${from}` && each.to.includes(target),
    );
    expect(hits.length, JSON.stringify(found.filter((each) => each.rule === rule))).toBeGreaterThan(
      0,
    );
  });
});

function plantedFiles(): Readonly<Record<string, string>> {
  const direct = plants.filter(({ rule }) => !reachRules.includes(rule));
  const imports = [...direct, ...between];
  const files: Record<string, string> = {};
  const targets = imports.map(({ to }) => to).filter((to) => /^[a-z.].*\/.*\.ts$/.test(to));
  for (const to of targets.filter((each) => each !== './gone.ts'))
    files[join('services', to)] = 'export type Own = 1;\n';
  for (const { from, to } of imports) {
    const path = join('services', from);
    files[path] = `${files[path] ?? 'export type Own = 1;\n'}${importLine(from, to)}\n`;
  }
  const packages = imports.map(({ to }) => to).filter((to) => /^(@[a-z-]+\/)?[a-z-]+$/.test(to));
  for (const name of packages) {
    const manifest = { name, version: '1.0.0', type: 'module', exports: './index.js' };
    files[`node_modules/${name}/package.json`] = JSON.stringify(manifest);
    files[`node_modules/${name}/index.js`] = 'export const value = 1;\n';
  }
  const dependencies = Object.fromEntries(
    packages.filter((name) => name !== 'vitest').map((name) => [name, '1.0.0']),
  );
  const devDependencies = { vitest: '1.0.0' };
  files['package.json'] = JSON.stringify({ type: 'module', dependencies, devDependencies });
  return files;
}

function importLine(from: string, to: string): string {
  if (!to.endsWith('.ts')) return `import type { value as v${to.length} } from '${to}';`;
  if (to.startsWith('./')) return `import type { Own } from '${to}';`;
  const up = '../'.repeat(from.split('/').length - 1);
  return `import type { Own as Own${to.length} } from '${up === '' ? './' : up}${to}';`;
}
