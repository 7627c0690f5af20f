/**
 * The life of every process. A process moves only forward, and each move is logged once.
 *
 * | from     | when                                                     | to       |
 * | -------- | -------------------------------------------------------- | -------- |
 * | starting | the service has started                                  | running  |
 * | starting | a stop signal, or the service asks to stop               | draining |
 * | running  | a stop signal, or the service asks to stop               | draining |
 * | draining | work is finished or released, and progress is committed  | drained  |
 * | drained  | everything is closed; exit 0                             | stopped  |
 * | any      | a step or the service failed; exit 1                     | failed   |
 *
 * A wrong configuration (exit 2) ends a process before it has a life; a second signal (128 + its
 * number) and an error that nobody caught (exit 1) end it at once, in whatever state.
 */
export type ProcessState =
  /** Connecting, loading, reading up: alive, but not ready for work. */
  | 'starting'
  /** Doing its work; ready unless one of its conditions says otherwise. */
  | 'running'
  /** Takes no new work; finishes or releases what it has. */
  | 'draining'
  /** Holds nothing any more; is closing its connections. */
  | 'drained'
  /** Ended as asked. */
  | 'stopped'
  /** Ended by a fault. What it held is found and done again by others. */
  | 'failed';

export const processStates: readonly ProcessState[] = [
  'starting',
  'running',
  'draining',
  'drained',
  'stopped',
  'failed',
];

const nextStates: Readonly<Record<ProcessState, readonly ProcessState[]>> = {
  starting: ['running', 'draining', 'failed'],
  running: ['draining', 'failed'],
  draining: ['drained', 'failed'],
  drained: ['stopped', 'failed'],
  stopped: [],
  failed: [],
};

export interface Lifecycle {
  state(): ProcessState;
  /** @throws Error for a move that the table does not have: a mistake in the caller. */
  moveTo(state: ProcessState): void;
}

export function lifecycle(onMove: (state: ProcessState) => void): Lifecycle {
  let current: ProcessState = 'starting';
  onMove(current);
  return {
    state: () => current,
    moveTo: (state) => {
      if (!nextStates[current].includes(state))
        throw new Error(`A process cannot go from ${current} to ${state}.`);
      current = state;
      onMove(current);
    },
  };
}
