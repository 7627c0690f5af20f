import { AVSEEK_CUR, AVSEEK_END, AVSEEK_SET, AVSEEK_SIZE } from 'node-av/constants';
import { IOContext } from 'node-av/lib';

const writeBytes = 256 * 1024;

/** What a muxer writes into, in memory; it may go back to fill in lengths. */
export class MemoryFile {
  readonly io = new IOContext();
  #content: Buffer;
  #length = 0;
  #position = 0;

  constructor(bytesExpected: number) {
    this.#content = Buffer.allocUnsafe(Math.max(writeBytes, bytesExpected));
    this.io.allocContextWithCallbacks(
      writeBytes,
      1,
      null,
      (part) => this.#write(part),
      (offset, whence) => this.#seek(Number(offset), whence),
    );
  }

  /** A view of what was written; valid until more is written. */
  bytes(): Buffer {
    return this.#content.subarray(0, this.#length);
  }

  #write(part: Buffer): number {
    const end = this.#position + part.length;
    if (end > this.#content.length) {
      const larger = Buffer.allocUnsafe(end * 2);
      this.#content.copy(larger, 0, 0, this.#length);
      this.#content = larger;
    }
    part.copy(this.#content, this.#position);
    this.#position = end;
    this.#length = Math.max(this.#length, end);
    return part.length;
  }

  #seek(offset: number, whence: number): bigint {
    if (whence === AVSEEK_SIZE) return BigInt(this.#length);
    if (whence === AVSEEK_SET) this.#position = offset;
    else if (whence === AVSEEK_CUR) this.#position += offset;
    else if (whence === AVSEEK_END) this.#position = this.#length + offset;
    return BigInt(this.#position);
  }
}
