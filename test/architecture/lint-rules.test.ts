import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { linkPackages, plantedTree } from '../support/planted-tree.ts';
import { repositoryRoot } from '../support/source-files.ts';

interface Plant {
  readonly rule: string;
  readonly path: string;
  readonly code: string;
}

const manyLines = 'value += 1;\n'.repeat(71);

/** Code that must be refused, and by which rule. */
const refused: readonly Plant[] = numbered([
  services('eslint(no-restricted-globals)', 'export const nowMs = (): number => Date.now();'),
  services('eslint(no-restricted-globals)', 'export const at = (): object => new Date();'),
  services('eslint(no-restricted-globals)', 'export const ms = (): number => performance.now();'),
  services(
    'eslint(no-restricted-globals)',
    'export const wait = () => void setTimeout(() => {}, 1);',
  ),
  services(
    'eslint(no-restricted-globals)',
    'export const tick = () => void setInterval(() => {}, 1);',
  ),
  services('eslint(no-restricted-imports)', "export { setTimeout } from 'node:timers/promises';"),
  services(
    'eslint(no-restricted-imports)',
    "import { randomUUID } from 'node:crypto';\nexport const id = randomUUID;",
  ),
  services(
    'eslint(no-restricted-properties)',
    'export const limit = () => AbortSignal.timeout(1);',
  ),
  services('eslint(no-restricted-properties)', 'export const dice = (): number => Math.random();'),
  services('eslint(no-restricted-properties)', "export const home = () => process.env['HOME'];"),
  services('eslint(no-restricted-properties)', 'export const end = () => process.exit(0);'),
  services('eslint(no-console)', "export const say = () => console.log('x');"),
  services(
    'eslint(max-params)',
    'export const sum = (a: 1, b: 1, c: 1, d: 1): number => a + b + c + d;',
  ),
  services(
    'eslint(max-lines-per-function)',
    `export function count(): number {\nlet value = 0;\n${manyLines}return value;\n}`,
  ),
  services('eslint(max-lines)', 'export {};\n'.repeat(321)),
  services('eslint(eqeqeq)', 'export const same = (a: number): boolean => a == 1;'),
  services('import(no-default-export)', 'export default 1;'),
  services('typescript(no-explicit-any)', 'export const read = (value: any): unknown => value;'),
  services(
    'typescript(no-non-null-assertion)',
    'export const at = (value: string | null) => value!;',
  ),
  services(
    'typescript(no-unsafe-type-assertion)',
    'export const name = (value: unknown) => value as string;',
  ),
  services(
    'typescript(no-floating-promises)',
    'const work = async () => 1;\nexport function start(): void { work(); }',
  ),
  services(
    'typescript(no-misused-promises)',
    'export const start = (each: string[]) => each.forEach(async () => undefined);',
  ),
  services(
    'typescript(switch-exhaustiveness-check)',
    "export function f(kind: 'gpu' | 'cpu'): void { switch (kind) { case 'gpu': return; } }",
  ),
  services(
    'typescript(switch-exhaustiveness-check)',
    "export function f(kind: 'gpu'): void { switch (kind) { case 'gpu': return; default: } }",
  ),
  { rule: 'eslint(no-restricted-globals)', path: 'services/worker/main.ts', code: 'Date.now();' },
  { rule: 'unicorn(filename-case)', path: 'services/worker/camelCase.ts', code: 'export {};' },
  {
    rule: 'vitest(no-disabled-tests)',
    path: 'test/unit/a.test.ts',
    code: "import { it } from 'vitest';\nit.skip('x', () => undefined);",
  },
  {
    rule: 'vitest(no-focused-tests)',
    path: 'test/unit/b.test.ts',
    code: "import { it } from 'vitest';\nit.only('x', () => undefined);",
  },
  {
    rule: 'eslint(no-restricted-globals)',
    path: 'test/unit/c.test.ts',
    code: 'export const wait = () => void setTimeout(() => {}, 1);',
  },
]);
const cyclic = { rule: 'import(no-cycle)', path: 'services/worker/cycle-a.ts', code: '' };

/** Code that must pass: the places that the rules leave open. */
const allowed: Readonly<Record<string, string>> = {
  'services/shared/clock/system.ts':
    'export const nowMs = (): number => Date.now() + Math.random();\n',
  'services/worker/config.ts': "export const home = (): unknown => process.env['HOME'];\n",
  'test/vitest.config.ts': 'export default {};\n',
};

/** Gives each plant a file of its own. */
function numbered(plants: readonly Plant[]): readonly Plant[] {
  return plants.map((each, index) => ({ ...each, path: each.path.replace('#', String(index)) }));
}

function services(rule: string, code: string): Plant {
  return { rule, path: 'services/worker/planted-#.ts', code };
}

const reportSchema = z.object({
  diagnostics: z.array(z.object({ code: z.string().optional(), filename: z.string() })),
});
type Finding = z.infer<typeof reportSchema>['diagnostics'][number];

let root = '';
let findings: readonly Finding[] = [];

beforeAll(async () => {
  const files = Object.fromEntries(refused.map(({ path, code }) => [path, `${code}\n`]));
  const setup = ['.oxlintrc.json', 'tsconfig.json', 'package.json'];
  for (const name of setup) files[name] = await readFile(join(repositoryRoot, name), 'utf8');
  files[cyclic.path] = "import type { B } from './cycle-b.ts';\nexport type A = B | 1;\n";
  files['services/worker/cycle-b.ts'] =
    "import type { A } from './cycle-a.ts';\nexport type B = A[];\n";
  root = await plantedTree({ ...files, ...allowed });
  await linkPackages(root);
  findings = await lint(root);
}, 60_000);
afterAll(() => rm(root, { recursive: true }));

function lint(folder: string): Promise<readonly Finding[]> {
  const oxlint = join(repositoryRoot, 'node_modules', 'oxlint', 'bin', 'oxlint');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [oxlint, '--format', 'json', 'services', 'test'],
      { cwd: folder },
      (_error, out, bad) => {
        const report = reportSchema.safeParse(parseJson(out));
        if (report.success) resolve(report.data.diagnostics);
        else reject(new Error(`oxlint gave no report: ${out}${bad}`));
      },
    );
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

describe('each lint rule of the house', () => {
  it.each([...refused, cyclic])('refuses what breaks it: $rule in $path', ({ rule, path }) => {
    const codes = findings.filter(({ filename }) => filename === path).map(({ code }) => code);
    expect(codes).toContain(rule);
  });

  it.each(Object.keys(allowed))('leaves open the one place for it: %s', (path) => {
    expect(findings.filter(({ filename }) => filename === path)).toEqual([]);
  });
});
