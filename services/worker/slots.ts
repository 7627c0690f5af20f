/** Lets as many chunks compute at a time as the executor has slots, first come, first served. */
export interface Slots {
  /** Resolves true with a slot, or false, at once, when `signal` aborts before one is free. */
  acquire(signal: AbortSignal): Promise<boolean>;
  release(): void;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    acquire: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted || free > 0) {
          if (!signal.aborted) free -= 1;
          resolve(!signal.aborted);
          return;
        }
        const give = (): void => {
          signal.removeEventListener('abort', giveUp);
          resolve(true);
        };
        const giveUp = (): void => {
          waiting.splice(waiting.indexOf(give), 1);
          resolve(false);
        };
        waiting.push(give);
        signal.addEventListener('abort', giveUp, { once: true });
      }),
    release() {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}
