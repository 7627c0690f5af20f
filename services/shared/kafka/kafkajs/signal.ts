/** "Look again": wakes those who wait for a change, and never loses one that came before they wait. */
export class Signal {
  #version = 0;
  #waiting: (() => void)[] = [];

  get version(): number {
    return this.#version;
  }

  notify(): void {
    this.#version += 1;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves once there was a change after `version` was read, or when `signal` aborts. */
  after(version: number, signal: AbortSignal): Promise<void> {
    if (this.#version !== version || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.push(wake);
    });
  }
}
