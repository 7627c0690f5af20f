import ort from 'onnxruntime-node';
import type { WorkerKind } from '../../shared/chunk/words.ts';
import { ModelError } from './model-error.ts';
import type { Batch, Model, ModelRuntime, NetworkSignature, Tensors } from './ports.ts';

export interface OnnxOptions {
  readonly kind: WorkerKind;
  /** Threads of one network; never the machine's core count, which a container does not own. */
  readonly threads: number;
}

/**
 * Execution providers to try, best first; each rung lists what one session may use. The gpu ladder
 * has no cpu rung: a GPU worker that lost its GPU must say so and not serve slowly.
 */
const ladders: Record<WorkerKind, readonly (readonly string[])[]> = {
  gpu: [['tensorrt', 'cuda'], ['cuda']],
  cpu: [['cpu']],
};

/** ONNX Runtime in this process. `run` blocks the event loop: for executor children only. */
export function onnxRuntime(options: OnnxOptions): ModelRuntime {
  return {
    open: async (file) => {
      const refusals: string[] = [];
      for (const rung of ladders[options.kind]) {
        try {
          const session = await ort.InferenceSession.create(file, sessionOptions(rung, options));
          return new OnnxModel(session, rung[0] ?? options.kind);
        } catch (error) {
          const message = firstLine(error);
          if (options.kind === 'cpu') {
            throw new ModelError('bad-network', `${file} cannot be loaded: ${message}`, error);
          }
          refusals.push(`${rung.join(' + ')}: ${message}`);
        }
      }
      throw new ModelError(
        'provider-unavailable',
        `${file}: this gpu worker cannot get an execution provider (${refusals.join('; ')}); ` +
          'it needs an NVIDIA driver, CUDA 12, cuDNN 9 and the CUDA build of onnxruntime-node',
      );
    },
  };
}

function sessionOptions(
  executionProviders: readonly string[],
  options: OnnxOptions,
): ort.InferenceSession.SessionOptions {
  return {
    executionProviders,
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    interOpNumThreads: 1,
    intraOpNumThreads: options.threads,
    enableCpuMemArena: true,
    logSeverityLevel: 3,
    // Spinning threads take the core from the neighbour's decoder: 38 runs a second with, 51 without.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

class OnnxModel implements Model {
  readonly signature: NetworkSignature;
  readonly executionProvider: string;
  readonly #session: ort.InferenceSession;

  constructor(session: ort.InferenceSession, executionProvider: string) {
    this.#session = session;
    this.executionProvider = executionProvider;
    this.signature = {
      inputs: session.inputMetadata.map(tensorSignature),
      outputs: session.outputMetadata.map(tensorSignature),
    };
  }

  async infer(batch: Batch, tensors: Tensors): Promise<Float32Array> {
    const shape = [batch.count, 3, batch.height, batch.width];
    const length = batch.count * 3 * batch.height * batch.width;
    const input = new ort.Tensor('float32', batch.pixels.subarray(0, length), shape);
    const output = await this.#run(input, tensors);
    if (!(output?.data instanceof Float32Array)) {
      const type = output?.type ?? 'nothing';
      throw new ModelError('infer-failed', `output ${tensors.output} is ${type}, not float32`);
    }
    return output.data;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  async #run(input: ort.Tensor, tensors: Tensors): Promise<ort.Tensor | undefined> {
    try {
      const outputs = await this.#session.run({ [tensors.input]: input }, [tensors.output]);
      return outputs[tensors.output];
    } catch (error) {
      const message = `execution provider ${this.executionProvider} failed: ${firstLine(error)}`;
      throw new ModelError('infer-failed', message, error);
    }
  }
}

function tensorSignature(
  metadata: ort.InferenceSession.ValueMetadata,
): NetworkSignature['inputs'][number] {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'not a tensor', shape: [] };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? message;
}
