/** A tensor of a network, as the network's file declares it. */
export interface TensorSignature {
  readonly name: string;
  /** ONNX element type, such as `float32`. */
  readonly type: string;
  /** A text is a dimension that is free, under its symbolic name. */
  readonly shape: readonly (number | string)[];
}

export interface NetworkSignature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

export interface Batch {
  /** float32 [count, 3, height, width], normalised as the manifest says. */
  readonly pixels: Float32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** Which tensors of the network a model reads and writes. */
export interface Tensors {
  readonly input: string;
  readonly output: string;
}

/** A network in memory, ready to run. Not for concurrent use: one `infer` at a time. */
export interface Model {
  readonly signature: NetworkSignature;
  /** The execution provider that runs it, in ONNX Runtime's spelling. */
  readonly executionProvider: string;
  /**
   * Runs one batch and returns the whole output tensor, which stays valid until the next call.
   *
   * @throws ModelError `infer-failed`: the batch was not computed and may be given to another worker.
   */
  infer(batch: Batch, tensors: Tensors): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface ModelRuntime {
  /**
   * Opens a network from a file.
   *
   * @throws ModelError `provider-unavailable` when no provider of the ladder can be had;
   *   `bad-network` when the file is not a network that can be run.
   */
  open(file: string): Promise<Model>;
}
