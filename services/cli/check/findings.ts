import type { SystemView } from '../system-view/system-view.ts';

/** One thing that a working installation has, and whether this one has it. */
export interface Finding {
  readonly what: 'dispatcher' | 'scaler' | 'workers';
  readonly isGood: boolean;
  /** For people; what is wrong says what to look at. */
  readonly line: string;
}

/** What `spillway check` asks for. */
export interface Demands {
  /** Least workers with loaded models. */
  readonly workersMin: number;
}

/** In the order in which a chunk needs them. */
export function findingsOf(view: SystemView, { workersMin }: Demands): readonly Finding[] {
  return [
    spoken('dispatcher', view.dispatcher.state, 'nothing moves from intake to workers'),
    spoken('scaler', view.scaler.state, 'no directive holds: no nodes are ordered'),
    workersFinding(view, workersMin),
  ];
}

function spoken(
  what: 'dispatcher' | 'scaler',
  state: SystemView['dispatcher']['state'],
  consequence: string,
): Finding {
  switch (state) {
    case 'speaking':
      return { what, isGood: true, line: `a ${what} speaks` };
    case 'silent':
      return { what, isGood: false, line: `the ${what} has fallen silent: ${consequence}` };
    case 'never':
      return { what, isGood: false, line: `no ${what} has ever spoken: ${consequence}` };
  }
}

function workersFinding({ workers }: SystemView, workersMin: number): Finding {
  const ready = workers.reduce((sum, each) => sum + each.workers.ready, 0);
  const loading = workers.reduce((sum, each) => sum + each.workers.loading, 0);
  const isGood = ready >= workersMin;
  const line = `${ready} workers are ready, ${loading} load models`;
  return {
    what: 'workers',
    isGood,
    line: isGood ? line : `${line}: fewer than ${workersMin} that are asked for`,
  };
}
