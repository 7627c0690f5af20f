import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support/source-files.ts';

/** Folders that run anywhere: without Node, without a browser, without a machine. */
const pureFolders = ['services/policy', 'services/shared/chunk'];
const impure = [
  'export const home = process.cwd();',
  "export const say = () => console.log('x');",
  'export const wait = () => setTimeout(() => undefined, 1);',
  "export const ask = () => fetch('http://localhost');",
  "export const bytes = () => Buffer.from('x');",
  "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;",
];
const pure = 'export const half = (value: number): number => Math.floor(value / 2);';

/** Errors per planted text, compiled as if they were files of `folder`, under its own settings. */
function errorsOf(folder: string, texts: readonly string[]): readonly (readonly string[])[] {
  const configPath = join(repositoryRoot, folder, 'tsconfig.json');
  const { config } = ts.readConfigFile(configPath, (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(repositoryRoot, folder));
  const planted = new Map(
    texts.map((text, index) => [join(repositoryRoot, folder, `planted-${index}.ts`), text]),
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => {
    const text = planted.get(name);
    if (text === undefined) return getSourceFile.call(host, name, ...rest);
    return ts.createSourceFile(name, text, ts.ScriptTarget.ES2023);
  };
  host.fileExists = (name) => planted.has(name) || fileExists.call(host, name);
  host.readFile = (name) => planted.get(name) ?? readFile.call(host, name);
  const program = ts.createProgram([...planted.keys()], options, host);
  return [...planted.keys()].map((name) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(name))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  );
}

describe.each(pureFolders)('the compiler, in %s', (folder) => {
  const [none, ...errors] = errorsOf(folder, [pure, ...impure]);

  it('accepts pure code', () => {
    expect(none).toEqual([]);
  });

  it.each(impure)('refuses %s', (code) => {
    expect(errors[impure.indexOf(code)]?.join('\n')).toMatch(/Cannot find (name|module)/);
  });
});
