/**
 * - `bad-repository`: a folder, manifest or file is not as it must be; the message lists every problem.
 * - `bad-network`: the network in a file does not do what its manifest says, or is not readable.
 * - `provider-unavailable`: the execution provider that this worker kind needs cannot be had here.
 * - `infer-failed`: a loaded network failed while running; its session may be unusable from here on.
 */
export const modelErrorCodes = [
  'bad-repository',
  'bad-network',
  'provider-unavailable',
  'infer-failed',
] as const;
export type ModelErrorCode = (typeof modelErrorCodes)[number];

export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ModelError';
    this.code = code;
  }
}
