/** Rejects as soon as `signal` aborts; what was begun goes on unheard. */
export function abortable<T>(begun: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new Error('it was given up'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    begun
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
      .catch(() => undefined);
  });
}
