import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { filesUnder, repositoryRoot } from '../support/source-files.ts';
import * as rules from './tree-rules.ts';
import type { SourceFile, TreeRule } from './tree-rules.ts';

const topFiles = [
  'ARCHITECTURE.md',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'package.json',
  'docker-compose.yml',
];
const folders = ['services', 'test', 'charts', 'keda', 'images', 'compose', '.github'];
const isText = (path: string): boolean =>
  /\.(ts|mts|mjs|js|json|md|ya?ml|xml|txt|tpl|sh)$|Dockerfile/.test(path);

let files: readonly SourceFile[] = [];

beforeAll(async () => {
  const paths = [...topFiles, ...(await filesUnder(folders)).filter(isText)];
  const read = paths.map(async (path): Promise<readonly SourceFile[]> => {
    try {
      return [{ path, text: await readFile(join(repositoryRoot, path), 'utf8') }];
    } catch {
      return [];
    }
  });
  files = (await Promise.all(read)).flat();
});

interface Case {
  readonly guarantee: string;
  readonly rule: TreeRule;
  /** A tree that breaks the rule. */
  readonly planted: Readonly<Record<string, string>>;
}

const service = 'services/worker/lane.ts';
const cases: readonly Case[] = [
  {
    guarantee: 'no file is too long to be about one thing',
    rule: rules.filesAreShort,
    planted: { [service]: 'export {};\n'.repeat(321) },
  },
  {
    guarantee: 'no file or folder has a name that says nothing',
    rule: rules.namesSaySomething,
    planted: { 'services/worker/utils/time.ts': '' },
  },
  {
    guarantee: 'nothing is left to be done in a comment',
    rule: rules.textsAreFinished,
    planted: { [service]: `// ${['TO', 'DO'].join('')}: retry` },
  },
  {
    guarantee: 'no text speaks of where or how it was written',
    rule: rules.wordsAreOurs,
    planted: { 'README.md': ['see /wo', 'rk/main'].join('') },
  },
  {
    guarantee: 'each unit test stands where its subject stands',
    rule: rules.testsMirrorServices,
    planted: { [service]: '', 'test/unit/workers/lane.test.ts': '' },
  },
  {
    guarantee: 'each process has its settings in one file',
    rule: rules.processesHaveConfig,
    planted: { 'services/worker/main.ts': 'export {};' },
  },
  {
    guarantee: 'no main.ts holds logic',
    rule: rules.mainsAreShort,
    planted: { 'services/worker/main.ts': 'await 1;\n'.repeat(121) },
  },
  {
    guarantee: 'the map names every folder of code',
    rule: rules.mapNamesFolders,
    planted: { 'services/worker/models/yolox.ts': '', 'ARCHITECTURE.md': '`worker/`' },
  },
  {
    guarantee: 'no file passes on the names of another',
    rule: rules.nothingIsReexported,
    planted: { [service]: "export * from './chunk.ts';" },
  },
];

describe('the tree', () => {
  it.each(cases)('$guarantee', ({ rule }) => {
    expect(rule(files)).toEqual([]);
  });

  it('was read: an empty one would break no rule', () => {
    expect(files.length).toBeGreaterThan(100);
  });
});

describe('each rule of the tree can fail', () => {
  it.each(cases)('$guarantee', ({ rule, planted }) => {
    const tree = Object.entries(planted).map(([path, text]) => ({ path, text }));
    expect(rule(tree)).toHaveLength(1);
  });

  it('and has such a case', () => {
    const covered = cases.map(({ rule }) => rule);
    expect(Object.values(rules).filter((rule) => !covered.includes(rule))).toEqual([]);
  });

  it('and lets Kafka keep its word for a connection that a group watches', () => {
    const text = 'The session time-out of a consumer group is six seconds.';
    expect(rules.wordsAreOurs([{ path: service, text }])).toEqual([]);
  });
});
