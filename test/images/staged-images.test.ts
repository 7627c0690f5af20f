import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { projectFolder } from '../../services/local/project-folder.ts';
import { parseDockerfile } from '../support/images/dockerfile.ts';
import { newStagingFolder } from '../support/images/layer-cache.ts';
import { stageImage, stageImages } from '../support/staged-image.ts';
import type { StagedImage } from '../support/staged-image.ts';
import { temporaryFolder } from '../support/program-file.ts';

const dockerfile = join(projectFolder(), 'images/Dockerfile');
const text = readFileSync(dockerfile, 'utf8');
const keeper = new Keeper();
let spillway: StagedImage;
let cuda: StagedImage;
let models: StagedImage;

beforeAll(async () => {
  const into = newStagingFolder();
  keeper.removeAtEnd(into);
  const names = ['spillway', 'spillway-cuda', 'spillway-models'];
  const [first, second, third] = await stageImages(dockerfile, names, into);
  if (first === undefined || second === undefined || third === undefined) {
    throw new Error('not all three images were staged');
  }
  [spillway, cuda, models] = [first, second, third];
});
afterAll(() => keeper.close());

/** All but Node itself, which comes with the base, or is copied from the other image's. */
function filesOf({ folder }: StagedImage): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
    .filter((path) => path !== '/usr/local/bin/node')
    .toSorted();
}

const isPackage = (path: string): boolean => path.startsWith('/opt/spillway/node_modules/');

describe('the images', () => {
  it('hold the compiled programs, their packages and nothing else of the project', () => {
    const own = filesOf(spillway).filter((path) => !isPackage(path));
    const strange = own.filter(
      (path) => !/^\/opt\/spillway\/dist\/services\/.+\.js(\.map)?$/.test(path),
    );
    expect(strange).toEqual(['/opt/spillway/LICENSE', '/opt/spillway/package.json']);
    for (const program of ['dispatcher', 'scaler', 'worker', 'worker/executor', 'cli']) {
      expect(own).toContain(`/opt/spillway/dist/services/${program}/main.js`);
    }
  });

  it('hold the native libraries of their own platform only', () => {
    const native = filesOf(spillway).filter((path) => /\.(node|so(\.\d+)*|dylib|dll)$/.test(path));
    const platform = `${process.platform}/${process.arch}`;
    const places = native.map((path) =>
      path.includes('onnxruntime-node')
        ? /napi-v\d+\/(.+)\/[^/]+$/.exec(path)?.[1]
        : /node-av-(.+)\/node-av\.node$/.exec(path)?.[1]?.replace('-', '/'),
    );
    expect(new Set(places)).toEqual(new Set([platform]));
    expect(native.length).toBeGreaterThanOrEqual(3);
  });

  it('hold what runs and not what builds', () => {
    const packages = join(spillway.folder, 'opt/spillway/node_modules');
    for (const name of ['typescript', 'vitest', 'oxlint', 'prettier']) {
      expect(existsSync(join(packages, name)), name).toBe(false);
    }
  });

  it('hold the models in an image of their own', () => {
    expect(filesOf(models)).toEqual([
      '/models/traffic-demo/1/model.onnx',
      '/models/traffic-demo/manifest.json',
    ]);
    expect(filesOf(spillway).filter((path) => path.endsWith('.onnx'))).toEqual([]);
  });

  it('hold the same programs with and without CUDA, but for the files that NuGet has', () => {
    expect(filesOf(cuda)).toEqual(filesOf(spillway));
    expect(spillway.leftOut).toEqual([]);
    expect(cuda.leftOut).toEqual([
      'ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js',
    ]);
    const script = 'opt/spillway/node_modules/onnxruntime-node/script/install.js';
    expect(existsSync(join(cuda.folder, script))).toBe(true);
  });

  it('can be read by everybody', () => {
    const closed = filesOf(spillway).filter((path) => {
      const { mode } = statSync(join(spillway.folder, path));
      return (mode & 0o004) === 0;
    });
    expect(closed).toEqual([]);
  });

  it('run as user 65532, with commands that need no shell', () => {
    for (const { settings } of [spillway, cuda, models]) {
      expect(settings.USER).toBe('65532:65532');
      expect(settings.CMD).toMatch(/^\[".+"\]$/);
    }
    for (const { settings, workdir, environment } of [spillway, cuda]) {
      expect(settings.ENTRYPOINT).toBe('[]');
      expect(settings.HEALTHCHECK).toMatch(/CMD \["node", .+\]$/);
      expect({ workdir, environment }).toEqual({
        workdir: '/opt/spillway',
        environment: { NODE_ENV: 'production', HOME: '/tmp' },
      });
    }
  });

  it('name the licence of the decoder that they carry', () => {
    const licence = 'org.opencontainers.image.licenses="Apache-2.0 AND GPL-3.0-or-later"';
    expect(spillway.settings.LABEL).toContain(licence);
    expect(cuda.settings.LABEL).toContain(licence);
  });

  it('stand on bases that are pinned to a version', () => {
    const stages = parseDockerfile(text);
    const own = new Set(stages.map(({ name }) => name));
    const bases = stages.map(({ base }) => base).filter((base) => !own.has(base));
    const pinned = bases.filter((base) => /:\d+\.\d+\.\d+(-[\w.-]+)?(@sha256:\w+)?$/.test(base));
    expect(pinned).toEqual(bases.filter((base) => base !== 'scratch'));
  });
});

describe('staging', () => {
  it('refuses to copy what .dockerignore keeps from a build', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'Dockerfile');
    writeFileSync(file, 'FROM scratch AS strange\nCOPY README.md /\n');
    await expect(stageImage(file, 'strange', folder)).rejects.toThrow(
      'COPY README.md: .dockerignore leaves it out',
    );
  });

  it('refuses what is not there, and lines that it does not know', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'Dockerfile');
    writeFileSync(file, 'FROM scratch AS missing\nCOPY services/none /\n');
    await expect(stageImage(file, 'missing', folder)).rejects.toThrow(
      'COPY services/none: it is not in the build context',
    );
    writeFileSync(file, 'FROM scratch AS strange\nADD services /\n');
    await expect(stageImage(file, 'strange', folder)).rejects.toThrow('nobody here knows ADD');
  });
});
