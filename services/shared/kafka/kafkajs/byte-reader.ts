/** Reads Kafka's number formats one after the other. Throws a RangeError past the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#position;
  }

  skip(length: number): void {
    this.#take(length);
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  /** Exact below 2^53, which no offset, time or producer id reaches. */
  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#take(8)));
  }

  /** A view, not a copy; `null` for Kafka's null. */
  int32Bytes(): Buffer | null {
    return this.#view(this.int32());
  }

  text(): string {
    return this.#view(this.int16())?.toString('utf8') ?? '';
  }

  array<T>(read: () => T): T[] {
    const items: T[] = [];
    const count = this.int32();
    for (let index = 0; index < count; index += 1) items.push(read());
    return items;
  }

  /** Zigzag, up to 64 bits; exact below 2^53. */
  varint(): number {
    let raw = 0;
    for (let weight = 1; ; weight *= 0x80) {
      const byte = this.#bytes[this.#take(1)] ?? 0;
      raw += (byte & 0x7f) * weight;
      if (byte < 0x80) break;
    }
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  /** A copy that does not keep the rest of the answer in memory; `null` for Kafka's null. */
  varintBytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const start = this.#take(length);
    const copy = Buffer.allocUnsafe(length);
    this.#bytes.copy(copy, 0, start, start + length);
    return copy;
  }

  /** Empty for Kafka's null. */
  varintText(): string {
    const length = Math.max(0, this.varint());
    const start = this.#take(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  #view(length: number): Buffer | null {
    if (length < 0) return null;
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  #take(length: number): number {
    const start = this.#position;
    if (length < 0 || start + length > this.#bytes.length) {
      throw new RangeError(`${length} bytes wanted at ${start} of ${this.#bytes.length}`);
    }
    this.#position = start + length;
    return start;
  }
}
