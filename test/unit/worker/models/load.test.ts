import { describe, expect, test } from 'vitest';
import { cocoClasses } from '../../../../services/worker/models/coco-classes.ts';
import { loadRepositories, type LoadOptions } from '../../../../services/worker/models/load.ts';
import { onnxRuntime } from '../../../../services/worker/models/onnx.ts';
import { stockYoloxManifest } from '../../../../services/worker/models/stock-yolox.ts';
import { folderWith, tinyManifest, tinyRepository } from '../../../support/model-repository.ts';
import { tinyNetwork } from '../../../support/tiny-network.ts';

const runtime = onnxRuntime({ kind: 'cpu', threads: 1 });

function optionsFor(repository: string): LoadOptions {
  return { repositories: [repository], kind: 'cpu', variants: ['int8', 'fp32'], batchMax: 4 };
}

describe('loading a repository', () => {
  test('finds out how many frames a network takes at once', async () => {
    const any = await loadRepositories(optionsFor(tinyRepository()), runtime);
    expect(any.models).toMatchObject([{ batch: { size: 4, isFixed: false }, variant: 'fp32' }]);
    const fixed = tinyRepository({}, { batch: 3 });
    const three = await loadRepositories(optionsFor(fixed), runtime);
    expect(three.models).toMatchObject([{ batch: { size: 3, isFixed: true } }]);
  });

  test('serves the first variant in order of preference that exists', async () => {
    const repository = folderWith({
      'tiny/manifest.json': { ...tinyManifest, variants: { fp32: 'a.onnx', int8: 'b.onnx' } },
      'tiny/1/a.onnx': 'never read',
      'tiny/1/b.onnx': tinyNetwork(),
    });
    const { models } = await loadRepositories(optionsFor(repository), runtime);
    expect(models).toMatchObject([{ variant: 'int8' }]);
    const fp16 = { ...optionsFor(repository), variants: ['fp16' as const] };
    await expect(loadRepositories(fp16, runtime)).rejects.toThrow(
      'model tiny has the variants fp32, int8, but this worker serves only fp16',
    );
  });

  test('refuses a network that does not do what its manifest says', async () => {
    const wrongName = tinyRepository({ output: { ...tinyManifest.output, name: 'boxes' } });
    await expect(loadRepositories(optionsFor(wrongName), runtime)).rejects.toThrow(
      /model tiny, .*model\.onnx: the manifest's output\.name is boxes, but the network has output/,
    );
    const wrongShape = tinyRepository({ classes: ['light', 'dark'] });
    await expect(loadRepositories(optionsFor(wrongShape), runtime)).rejects.toThrow(
      /output output is float32 \[N, 1, 6\], but the manifest needs float32 \[N, 1, 7\]/,
    );
  });

  test('serves a published YOLOX network without a manifest, and says so', async () => {
    const cells = 64 + 16 + 4;
    const network = tinyNetwork({ batch: 1, side: 64, values: 85, cells });
    const repository = folderWith({ 'stock/1/model.onnx': network });
    const { models, notices } = await loadRepositories(optionsFor(repository), runtime);
    expect(models).toMatchObject([{ name: 'stock', manifest: { framesPerSecond: 2 } }]);
    expect(models[0]?.manifest.classes).toHaveLength(80);
    expect(notices).toEqual([expect.stringMatching(/stock has no manifest.json/)]);
  });

  test('refuses any other network without a manifest and shows what one must hold', async () => {
    const repository = folderWith({ 'plain/1/model.onnx': tinyNetwork() });
    await expect(loadRepositories(optionsFor(repository), runtime)).rejects.toThrow(
      /model plain has no manifest\.json .*images float32 \[N, 3, 32, 32\].*write one like \{"name"/,
    );
  });
});

describe('a network without a manifest', () => {
  const shapes = { batch: 1, input: [1, 3, 416, 416], output: [1, 3549, 85] };
  const network = (changes: Partial<typeof shapes>): Parameters<typeof stockYoloxManifest>[1] => {
    const { input, output } = { ...shapes, ...changes };
    return {
      inputs: [{ name: 'images', type: 'float32', shape: input }],
      outputs: [{ name: 'output', type: 'float32', shape: output }],
    };
  };

  test('is known as YOLOX by its shapes alone', () => {
    expect(stockYoloxManifest('m', network({}))).toMatchObject({
      name: 'm',
      input: { name: 'images', width: 416, height: 416, channels: 'bgr', resize: 'letterbox' },
    });
    expect(stockYoloxManifest('m', network({ output: [1, 3548, 85] }))).toBeNull();
    expect(stockYoloxManifest('m', network({ output: [1, 3549, 84] }))).toBeNull();
    expect(stockYoloxManifest('m', network({ input: [1, 1, 416, 416] }))).toBeNull();
    const two = { ...network({}), outputs: [...network({}).outputs, ...network({}).outputs] };
    expect(stockYoloxManifest('m', two)).toBeNull();
  });

  test('has the classes of COCO in their order', () => {
    expect(cocoClasses).toHaveLength(80);
    expect(new Set(cocoClasses).size).toBe(80);
    expect([0, 2, 39, 79].map((index) => cocoClasses[index])).toEqual([
      'person',
      'car',
      'bottle',
      'toothbrush',
    ]);
  });
});
