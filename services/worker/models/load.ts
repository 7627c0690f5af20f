import type { WorkerKind } from '../../shared/chunk/words.ts';
import { manifestExample, type Manifest, type VariantName } from './manifest.ts';
import { ModelError } from './model-error.ts';
import { outputLength, outputShape } from './output-decoder.ts';
import type { Model, ModelRuntime, TensorSignature } from './ports.ts';
import { scanRepositories, type ModelFolder } from './repository.ts';
import { stockYoloxManifest } from './stock-yolox.ts';

/** A model in memory, warm, with everything that a chunk needs to know of it. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly variant: VariantName;
  readonly device: WorkerKind;
  readonly manifest: Manifest;
  readonly network: Model;
  /** Frames given to the network at once; `fixed` when the network takes exactly that many. */
  readonly batch: { readonly size: number; readonly isFixed: boolean };
}

export interface LoadOptions {
  readonly repositories: readonly string[];
  readonly kind: WorkerKind;
  /** Variants in order of preference; a model's first one that exists is served. */
  readonly variants: readonly VariantName[];
  /** Frames at once for networks that take any number, 1 or more. */
  readonly batchMax: number;
}

export interface LoadedRepository {
  readonly models: readonly ServedModel[];
  /** What an operator should read once, one sentence each. */
  readonly notices: readonly string[];
}

/**
 * Loads and warms every model of the repositories: a worker serves one set of models and joins its
 * group only when it can serve all of them.
 *
 * @throws ModelError that names model, file and why.
 */
export async function loadRepositories(
  options: LoadOptions,
  runtime: ModelRuntime,
): Promise<LoadedRepository> {
  const models: ServedModel[] = [];
  const notices: string[] = [];
  for (const folder of scanRepositories(options.repositories)) {
    // One after the other: loading is what needs the most memory in the life of an executor.
    const { variant, file } = chooseVariant(folder, options.variants);
    const network = await runtime.open(file);
    const manifest = folder.manifest ?? stockYoloxManifest(folder.name, network.signature);
    if (manifest === null) throw missingManifest(folder, file, network);
    if (folder.manifest === null) {
      notices.push(
        `model ${folder.name} has no manifest.json and looks like a published YOLOX network: ` +
          'served with the defaults and COCO classes of YOLOX',
      );
    }
    const batch = agreeOnBatch(manifest, network, { file, batchMax: options.batchMax });
    const { name, version } = folder;
    const model = { name, version, variant, device: options.kind, manifest, network, batch };
    await warm(model, file);
    models.push(model);
  }
  return { models, notices };
}

function chooseVariant(
  folder: ModelFolder,
  preferred: readonly VariantName[],
): { readonly variant: VariantName; readonly file: string } {
  for (const variant of preferred) {
    const file = folder.files.get(variant);
    if (file !== undefined) return { variant, file };
  }
  throw new ModelError(
    'bad-repository',
    `model ${folder.name} has the variants ${[...folder.files.keys()].join(', ')}, ` +
      `but this worker serves only ${preferred.join(', ')}`,
  );
}

interface BatchQuestion {
  readonly file: string;
  readonly batchMax: number;
}

/** Compares what the manifest says with the network, and finds how many frames it takes at once. */
function agreeOnBatch(
  manifest: Manifest,
  network: Model,
  question: BatchQuestion,
): ServedModel['batch'] {
  const { width, height } = manifest.input;
  const { inputs, outputs } = network.signature;
  const problems = [
    ...compare('input', manifest.input.name, { tensors: inputs, shape: [3, height, width] }),
    ...compare('output', manifest.output.name, { tensors: outputs, shape: outputShape(manifest) }),
  ];
  if (problems.length > 0) {
    throw new ModelError(
      'bad-network',
      `model ${manifest.name}, ${question.file}: ${problems.join('; ')}`,
    );
  }
  const frames = inputs.find(({ name }) => name === manifest.input.name)?.shape[0];
  return typeof frames === 'number' && frames > 0
    ? { size: frames, isFixed: true }
    : { size: question.batchMax, isFixed: false };
}

interface Expectation {
  readonly tensors: readonly TensorSignature[];
  /** Without the batch dimension. */
  readonly shape: readonly number[];
}

function compare(side: 'input' | 'output', name: string, expected: Expectation): string[] {
  const tensor = expected.tensors.find((candidate) => candidate.name === name);
  if (tensor === undefined) {
    const names = expected.tensors.map((candidate) => candidate.name).join(', ');
    return [`the manifest's ${side}.name is ${name}, but the network has ${names}`];
  }
  const found = `${tensor.type} [${tensor.shape.join(', ')}]`;
  const wanted = `float32 [N, ${expected.shape.join(', ')}]`;
  const [, ...dimensions] = tensor.shape;
  const fits =
    tensor.type === 'float32' &&
    dimensions.length === expected.shape.length &&
    dimensions.every((size, at) => typeof size === 'string' || size === expected.shape[at]);
  return fits ? [] : [`${side} ${name} is ${found}, but the manifest needs ${wanted}`];
}

/**
 * The first run allocates, and builds engines on a GPU, one per batch size: both sizes that a chunk
 * will use most are run here, not on somebody's live chunk.
 */
async function warm(model: ServedModel, file: string): Promise<void> {
  const { width, height } = model.manifest.input;
  const pixels = new Float32Array(model.batch.size * 3 * width * height);
  const counts = model.batch.isFixed ? [model.batch.size] : [1, model.batch.size];
  const tensors = { input: model.manifest.input.name, output: model.manifest.output.name };
  for (const count of new Set(counts)) {
    const output = await model.network.infer({ pixels, count, width, height }, tensors);
    const lengthWanted = count * outputLength(model.manifest);
    if (output.length !== lengthWanted) {
      throw new ModelError(
        'bad-network',
        `model ${model.name}, ${file}: gave ${output.length} values for ${count} frames, ` +
          `but its manifest means ${lengthWanted}`,
      );
    }
  }
}

function missingManifest(folder: ModelFolder, file: string, network: Model): ModelError {
  const show = (tensors: readonly TensorSignature[]): string =>
    tensors.map(({ name, type, shape }) => `${name} ${type} [${shape.join(', ')}]`).join(', ');
  return new ModelError(
    'bad-repository',
    `model ${folder.name} has no manifest.json and ${file} is not a published YOLOX network ` +
      `(inputs ${show(network.signature.inputs)}; outputs ${show(network.signature.outputs)}); ` +
      `write one like ${manifestExample}`,
  );
}
