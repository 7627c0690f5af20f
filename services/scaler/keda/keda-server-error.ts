/**
 * Why KEDA cannot be served.
 *
 * - `port-unavailable`: the port is taken or forbidden; choose another, or 0 for a free one.
 * - `certificates-unusable`: the TLS files cannot be read or do not fit together.
 */
export type KedaServerErrorCode = 'port-unavailable' | 'certificates-unusable';

export class KedaServerError extends Error {
  override readonly name = 'KedaServerError';
  readonly code: KedaServerErrorCode;

  constructor(code: KedaServerErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
