/** Below this, copying byte by byte is quicker than calling for a copy. */
const copyByHandMax = 24;

/**
 * Writes Kafka's number formats one after the other into memory of a known size; the counterpart of
 * `ByteReader`. Throws a RangeError past the end.
 */
export class ByteWriter {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(length: number) {
    this.#bytes = Buffer.allocUnsafe(length);
  }

  get position(): number {
    return this.#position;
  }

  /** What was written from `start` up to `end`, as a view. */
  written(start = 0, end = this.#position): Buffer {
    return this.#bytes.subarray(start, end);
  }

  int8(value: number): void {
    this.#position = this.#bytes.writeInt8(value, this.#position);
  }

  int16(value: number): void {
    this.#position = this.#bytes.writeInt16BE(value, this.#position);
  }

  int32(value: number): void {
    this.#position = this.#bytes.writeInt32BE(value, this.#position);
  }

  int64(value: number | bigint): void {
    this.#position = this.#bytes.writeBigInt64BE(BigInt(value), this.#position);
  }

  /** Over what was written at `position`. */
  patchUint32(value: number, position: number): void {
    this.#bytes.writeUInt32BE(value, position);
  }

  /** Zigzag, up to 32 bits. */
  varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      this.#byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.#byte(rest);
  }

  bytes(value: Buffer): void {
    const { length } = value;
    if (length > copyByHandMax) {
      if (this.#position + length > this.#bytes.length) throw this.#full(length);
      this.#position += value.copy(this.#bytes, this.#position);
      return;
    }
    for (let index = 0; index < length; index += 1) this.#byte(value[index] ?? 0);
  }

  /** `length` is the text's in UTF-8. */
  text(value: string, length: number): void {
    if (length !== value.length) {
      if (this.#position + length > this.#bytes.length) throw this.#full(length);
      this.#position += this.#bytes.write(value, this.#position, length, 'utf8');
      return;
    }
    for (let index = 0; index < length; index += 1) this.#byte(value.charCodeAt(index));
  }

  #byte(value: number): void {
    if (this.#position >= this.#bytes.length) throw this.#full(1);
    this.#bytes[this.#position] = value;
    this.#position += 1;
  }

  #full(length: number): RangeError {
    return new RangeError(`${length} bytes more than the ${this.#bytes.length} foreseen`);
  }
}

/** Bytes that `varint` takes. */
export function varintLength(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let length = 1;
  for (; rest > 0x7f; rest >>>= 7) length += 1;
  return length;
}
