import { formatRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import type { ContainerEnd } from './container-process.ts';
import type { ContainerRun } from './container-run.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export interface PodFacts {
  readonly phase: PodPhase;
  readonly ip: string;
  readonly startedAtMs: number;
  readonly isInitialized: boolean;
  readonly initRuns: readonly ContainerRun[];
  readonly runs: readonly ContainerRun[];
  /** Why nothing runs yet, else ''. */
  readonly message: string;
}

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly lastTransitionTime: string;
}

/** The conditions of a pod, whose times are those of their changes. */
export class PodConditions {
  readonly #since = new Map<string, { readonly isTrue: boolean; readonly atMs: number }>();

  set(type: string, isTrue: boolean, atMs: number): void {
    if (this.#since.get(type)?.isTrue !== isTrue) this.#since.set(type, { isTrue, atMs });
  }

  list(): readonly Condition[] {
    return [...this.#since].map(([type, { isTrue, atMs }]) => ({
      type,
      status: isTrue ? 'True' : 'False',
      lastTransitionTime: formatRfc3339(atMs),
    }));
  }
}

/** A pod's status as the kubelet writes it: what its processes are, and nothing else. */
export function podStatus(facts: PodFacts, conditions: PodConditions, atMs: number): unknown {
  const { phase, ip, runs, initRuns, isInitialized } = facts;
  const isReady = phase === 'Running' && runs.length > 0 && runs.every((run) => run.isReady);
  conditions.set('PodScheduled', true, facts.startedAtMs);
  conditions.set('Initialized', isInitialized, atMs);
  conditions.set('ContainersReady', isReady, atMs);
  conditions.set('Ready', isReady, atMs);
  return {
    phase,
    message: facts.message === '' ? null : facts.message,
    podIP: ip,
    podIPs: [{ ip }],
    hostIP: '127.0.0.1',
    startTime: formatRfc3339(facts.startedAtMs),
    conditions: conditions.list(),
    initContainerStatuses: initRuns.map((run) => containerStatus(run, ended(run))),
    containerStatuses: runs.map((run) => containerStatus(run, run.isReady)),
  };
}

const ended = ({ state }: ContainerRun): boolean =>
  state.kind === 'ended' && state.end.exitCode === 0;

function containerStatus(run: ContainerRun, isReady: boolean): unknown {
  const { container, state, lastEnd, restarts, isStarted } = run;
  const id = state.kind === 'running' && state.pid !== null ? `process://${state.pid}` : '';
  return {
    name: container.name,
    image: container.image,
    imageID: container.image,
    containerID: id,
    ready: isReady,
    started: isStarted,
    restartCount: restarts,
    state: stateOf(run),
    lastState: lastEnd === null ? {} : { terminated: terminated(lastEnd) },
  };
}

function stateOf({ state }: ContainerRun): unknown {
  switch (state.kind) {
    case 'waiting':
      return { waiting: { reason: state.reason, message: state.message } };
    case 'running':
      return { running: { startedAt: formatRfc3339(state.startedAtMs) } };
    case 'ended':
      return { terminated: terminated(state.end) };
  }
}

function terminated({ exitCode, startedAtMs, endedAtMs }: ContainerEnd): unknown {
  return {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: formatRfc3339(startedAtMs),
    finishedAt: formatRfc3339(endedAtMs),
  };
}
