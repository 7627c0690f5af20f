/** How much may be on its way to Kafka at a time: enough to keep it busy, little to hold. */
const chunksUnderWayMax = 8;
const bytesUnderWayMax = 64 * 1024 * 1024;

/** Runs sends side by side, within bounds of number and bytes. */
export class Sending {
  readonly #underWay = new Set<Promise<void>>();
  #bytes = 0;
  #failure: { readonly error: unknown } | null = null;

  /**
   * Starts `send` as soon as there is room for it, and resolves when it is started.
   * @throws the first error of an earlier send; no more are started then.
   */
  async add(bytes: number, send: () => Promise<void>): Promise<void> {
    while (this.#underWay.size > 0 && !this.#hasRoom(bytes)) await Promise.race(this.#underWay);
    this.#throwFailure();
    this.#bytes += bytes;
    const sent = send().then(
      () => undefined,
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    const ended = sent.then(() => {
      this.#bytes -= bytes;
      this.#underWay.delete(ended);
    });
    this.#underWay.add(ended);
  }

  /** Resolves when all have ended. @throws the first error of a send. */
  async finish(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#throwFailure();
  }

  #hasRoom(bytes: number): boolean {
    return this.#underWay.size < chunksUnderWayMax && this.#bytes + bytes <= bytesUnderWayMax;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
