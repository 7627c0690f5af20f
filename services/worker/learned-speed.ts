/**
 * Speed per model as this worker measures it: media milliseconds per wall millisecond of one slot,
 * from the start of a try to its end. A running mean in which recent chunks weigh most.
 */
export interface LearnedSpeed {
  learn(model: string, measured: { readonly mediaMs: number; readonly computeMs: number }): void;
  list(): readonly { readonly model: string; readonly speed: number }[];
}

/** About the last ten chunks count: enough to smooth, few enough to follow a throttled machine. */
const newestWeight = 0.1;

export function createLearnedSpeed(): LearnedSpeed {
  const speeds = new Map<string, number>();
  return {
    learn(model, { mediaMs, computeMs }) {
      const measured = mediaMs / Math.max(1, computeMs);
      if (measured <= 0) return;
      const known = speeds.get(model) ?? measured;
      speeds.set(model, known + newestWeight * (measured - known));
    },
    list: () => [...speeds].map(([model, speed]) => ({ model, speed: Number(speed.toFixed(3)) })),
  };
}
