import { basename, dirname } from 'node:path';

/** A file of the repository: its path from the root, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Says in a line what is wrong with each file, and what to do; empty when all is well. */
export type TreeRule = (files: readonly SourceFile[]) => readonly string[];

/** Above 300 a file has a second subject; a little room lets a repair land before the split. */
const linesMax = 320;

/** Names that say nothing: everything would fit in. */
const emptyNames = [
  'utils',
  'util',
  'lib',
  'helpers',
  'helper',
  'common',
  'types',
  'misc',
  'index',
];

/** Words that belong to no reader of this project, in parts so that this file holds none. */
const foreignWords = [
  ['/wo', 'rk/'],
  ['cla', 'ude'],
  ['helper ses', 'sion'],
  ['suba', 'gent'],
  ['sub-a', 'gent'],
].map((parts) => parts.join(''));

/** In parts for the same reason. */
const unfinished = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);

const isCode = ({ path }: SourceFile): boolean => /\.(ts|mts|mjs|js)$/.test(path);
const isInServices = ({ path }: SourceFile): boolean => path.startsWith('services/');

export const filesAreShort: TreeRule = (files) =>
  files
    .filter(isCode)
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => `${path} has ${lines} lines; split it below ${linesMax}.`);

export const namesSaySomething: TreeRule = (files) =>
  files
    .filter(isCode)
    .flatMap(({ path }) =>
      path
        .replace(/\.[a-z.]+$/, '')
        .split('/')
        .map((name) => ({ path, name })),
    )
    .filter(({ name }) => emptyNames.includes(name))
    .map(({ path, name }) => `${path}: "${name}" names nothing; say what is in it.`);

export const textsAreFinished: TreeRule = (files) =>
  files
    .filter(({ text }) => unfinished.test(text))
    .map(({ path, text }) => `${path} holds ${unfinished.exec(text)?.[0]}; do it or drop it.`);

export const wordsAreOurs: TreeRule = (files) =>
  files.flatMap(({ path, text }) =>
    foreignWords
      .filter((word) => text.toLowerCase().includes(word))
      .map((word) => `${path} holds "${word}", which means nothing to a reader.`),
  );

/** Folder for folder: what a test is called says which guarantees it is about. */
export const testsMirrorServices: TreeRule = (files) => {
  const folders = new Set(files.map(({ path }) => dirname(path)));
  return files
    .filter(({ path }) => path.startsWith('test/unit/') && path.endsWith('.test.ts'))
    .map(({ path }) => ({ path, subject: dirname(path).replace('test/unit', 'services') }))
    .filter(({ subject }) => !folders.has(subject) && subject !== 'services/support')
    .map(({ path, subject }) => `${path} mirrors no folder: there is no ${subject}.`);
};

/** What reads the environment says in one place what it accepts. */
export const processesHaveConfig: TreeRule = (files) => {
  const paths = new Set(files.map(({ path }) => path));
  return files
    .filter((file) => isInServices(file) && basename(file.path) === 'main.ts')
    .filter(({ path, text }) => isTopProcess(path) || text.includes('process.env'))
    .filter(({ path }) => !paths.has(`${dirname(path)}/config.ts`))
    .map(({ path }) => `${path} has no config.ts beside it.`);
};

function isTopProcess(path: string): boolean {
  return path.split('/').length === 3;
}

/** `main.ts` wires; whatever decides belongs into a file that can be tested. */
export const mainsAreShort: TreeRule = (files) =>
  files
    .filter((file) => isInServices(file) && basename(file.path) === 'main.ts')
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > 120)
    .map(({ path, lines }) => `${path} has ${lines} lines; a main.ts only builds and starts.`);

/** The map names every folder of code, two levels deep below `services`. */
export const mapNamesFolders: TreeRule = (files) => {
  const map = files.find(({ path }) => path === 'ARCHITECTURE.md');
  if (map === undefined) return ['ARCHITECTURE.md is missing; it has to name every folder.'];
  const folders = files
    .filter((file) => isInServices(file) && isCode(file))
    .map(({ path }) => dirname(path).split('/').slice(0, 3).join('/'));
  return [...new Set(folders)]
    .filter((folder) => folder !== 'services')
    .filter((folder) => !map.text.includes(`${folder.replace('services/', '')}/`))
    .map((folder) => `ARCHITECTURE.md does not name ${folder}/.`);
};

/** No re-export: a reader finds the source of a name by its import. */
export const nothingIsReexported: TreeRule = (files) =>
  files
    .filter((file) => isInServices(file) && isCode(file))
    .filter(({ text }) => /^export (type )?(\*|\{[^}]*\}) from '/m.test(text))
    .map(({ path }) => `${path} re-exports; import from the file that defines it.`);
