export type ObjectStoreErrorCode =
  /** The reference is not one that this store may touch: no retry changes that. */
  | 'refused'
  /** It should be there and is not, or cannot be read now: another try may find it. */
  | 'unavailable'
  /** Larger than the reader allows. */
  | 'too-large';

export class ObjectStoreError extends Error {
  readonly code: ObjectStoreErrorCode;
  constructor(code: ObjectStoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ObjectStoreError';
    this.code = code;
  }
}

/** Where the bytes of claim checks lie. */
export interface ObjectStore {
  /**
   * The object's bytes.
   * @throws ObjectStoreError `refused` for a foreign scheme or a place outside, `unavailable`,
   *   `too-large` above `bytesMax`.
   */
  read(reference: string, bytesMax: number): Promise<Buffer>;
  /** Stores bytes under their digest and returns the reference; the same bytes twice are one object. */
  write(bytes: Buffer, sha256: string): Promise<string>;
}
