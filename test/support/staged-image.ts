import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { runCommand } from '../../services/local/processes/command.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { copyTree } from './images/copy-tree.ts';
import { parseDockerfile } from './images/dockerfile.ts';
import type { Copy, Instruction, SettingName, Stage } from './images/dockerfile.ts';
import { readIgnoreFile } from './images/ignored.ts';
import { keepLayer, restoreLayer } from './images/layer-cache.ts';

/** What a build of a Dockerfile's stage would add to its base. */
export interface StagedImage {
  /** The image's root: `/opt/spillway` of the image is `opt/spillway` below it. */
  readonly folder: string;
  /** Absolute in the image. */
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Each instruction that changes no file, as it stands there; the last one of a name counts. */
  readonly settings: Readonly<Partial<Record<SettingName, string>>>;
  /** The `RUN` lines that were not run, because they download what a test can do without. */
  readonly leftOut: readonly string[];
}

/** A stage while its instructions are followed. */
interface StageInWork {
  readonly folder: string;
  workdir: string;
  readonly environment: Record<string, string>;
  readonly settings: Partial<Record<SettingName, string>>;
  readonly leftOut: string[];
  /** A digest of all that led here. */
  key: string;
}

interface Staging {
  readonly stages: readonly Stage[];
  /** The build context: the project, less what `.dockerignore` leaves out. */
  readonly context: string;
  readonly isIgnored: (path: string) => boolean;
  /** Holds a folder for each stage. */
  readonly root: string;
  readonly done: Map<string, StageInWork>;
}

/** 300 MB from NuGet, of use only where there is a GPU. */
const isDownload = (command: string): boolean => command.includes('ONNXRUNTIME_NODE_INSTALL=');

/** They take long, and give the same for the same lock file and the same sources. */
const isKept = (command: string): boolean => /\bnpm (ci|run build)\b/.test(command);

/**
 * Does what a build would do, without an engine: follows `COPY` and `RUN` of the stage, and of those
 * that it needs, into folders of `into`, which must be empty. What the base images hold is not there:
 * only what the Dockerfile adds. Files may be hard links, so nobody may write into them.
 *
 * @throws Error where a build would fail: a file that is not in the context, a command that fails.
 */
export async function stageImage(
  dockerfile: string,
  stage: string,
  into: string,
): Promise<StagedImage> {
  const [image] = await stageImages(dockerfile, [stage], into);
  if (image === undefined) throw new Error(`nothing was staged for ${stage}`);
  return image;
}

/** The same for several stages of one Dockerfile; what they share is done once. */
export async function stageImages(
  dockerfile: string,
  stages: readonly string[],
  into: string,
): Promise<readonly StagedImage[]> {
  const context = projectFolder();
  const staging: Staging = {
    stages: parseDockerfile(readFileSync(dockerfile, 'utf8')),
    context,
    isIgnored: readIgnoreFile(readFileSync(join(context, '.dockerignore'), 'utf8')),
    root: into,
    done: new Map(),
  };
  const images: StagedImage[] = [];
  for (const stage of stages) images.push(await stageNamed(stage, staging));
  return images;
}

async function stageNamed(name: string, staging: Staging): Promise<StageInWork> {
  const before = staging.done.get(name);
  if (before !== undefined) return before;
  const stage = staging.stages.find((each) => each.name === name);
  if (stage === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  const work = await begin(stage, staging);
  for (const instruction of stage.instructions) await follow(instruction, work, staging);
  staging.done.set(name, work);
  return work;
}

async function begin({ name, base }: Stage, staging: Staging): Promise<StageInWork> {
  const folder = join(staging.root, name);
  mkdirSync(folder);
  if (staging.stages.some((other) => other.name === base)) {
    const parent = await stageNamed(base, staging);
    await copyTree(parent.folder, folder);
    const { workdir, key } = parent;
    const [environment, settings] = [{ ...parent.environment }, { ...parent.settings }];
    return { folder, workdir, environment, settings, leftOut: [...parent.leftOut], key };
  }
  // The one file of a base that other stages copy.
  if (base.startsWith('node:')) {
    const node = join(folder, 'usr/local/bin/node');
    mkdirSync(dirname(node), { recursive: true });
    symlinkSync(process.execPath, node);
  }
  const key = digestOf(`${process.version} ${process.platform} ${process.arch} ${base}`);
  return { folder, workdir: '/', environment: {}, settings: {}, leftOut: [], key };
}

async function follow(
  instruction: Instruction,
  work: StageInWork,
  staging: Staging,
): Promise<void> {
  switch (instruction.kind) {
    case 'copy':
      return copy(instruction, work, staging);
    case 'run':
      return run(instruction.command, work);
    case 'workdir':
      work.workdir = join(work.workdir, instruction.folder);
      mkdirSync(join(work.folder, work.workdir), { recursive: true });
      return;
    case 'environment':
      Object.assign(work.environment, instruction.variables);
      return;
    case 'setting':
      work.settings[instruction.name] = instruction.value;
      return;
  }
}

async function copy(
  { from, sources, destination }: Copy,
  work: StageInWork,
  staging: Staging,
): Promise<void> {
  const isIntoFolder = sources.length > 1 || /(^|\/)\.?$/.test(destination);
  const inside = destination.startsWith('/') ? destination : join(work.workdir, destination);
  const stage = from === null ? null : await stageNamed(from, staging);
  work.leftOut.push(...(stage?.leftOut ?? []));
  for (const source of sources) {
    const origin = join(stage?.folder ?? staging.context, source);
    if (!existsSync(origin)) {
      throw new Error(`COPY ${source}: it is not in ${from ?? 'the build context'}`);
    }
    const isNamed = isIntoFolder && !statSync(origin).isDirectory();
    const into = join(work.folder, inside, isNamed ? basename(source) : '');
    if (stage === null) copyFromContext(origin, into, staging);
    else await copyTree(origin, into);
    work.key = digestOf(`${work.key} ${inside} ${stage?.key ?? digestOfTree(into)}`);
  }
}

function copyFromContext(origin: string, into: string, { context, isIgnored }: Staging): void {
  cpSync(origin, into, {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || !isIgnored(relative(context, path)),
  });
  if (filesBelow(into).length === 0) {
    throw new Error(`COPY ${relative(context, origin)}: .dockerignore leaves it out`);
  }
}

async function run(command: string, work: StageInWork): Promise<void> {
  if (isDownload(command)) {
    work.leftOut.push(command);
    return;
  }
  work.key = digestOf(`${work.key} ${work.workdir} ${command}`);
  if (isKept(command) && (await restoreLayer(work.key, work.folder))) return;
  const { outcome, lines } = await runCommand({
    command: 'sh',
    commandArguments: [
      '-euc',
      'umask 022; cd "$0"; eval "$1"',
      join(work.folder, work.workdir),
      command,
    ],
    environment: { ...process.env, ...work.environment },
  });
  if (outcome !== 'done') throw new Error(`RUN ${command}: ${lines.slice(-5).join(' | ')}`);
  if (isKept(command)) await keepLayer(work.key, work.folder);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function digestOfTree(path: string): string {
  const digest = createHash('sha256');
  for (const file of filesBelow(path)) {
    digest.update(`${relative(path, file)}\n`).update(readFileSync(file));
  }
  return digest.digest('hex');
}

/** `path` itself where it is a file; none where there is nothing. */
function filesBelow(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
