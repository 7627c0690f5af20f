import { parseRfc3339 } from '../../../services/shared/chunk/rfc3339.ts';
import type { LogLine } from '../../../services/local/processes/log-lines.ts';

/** One `chunk.started` of a worker's log. */
export interface StartedTry {
  /** `live/0/17@k3x.1` */
  readonly assignment: string;
  readonly coordinates: string;
  readonly id: string;
  readonly worker: string;
  /** Wall time of the log line. */
  readonly atMs: number;
}

/** What workers began to compute, from their logs: the only witness of work done twice. */
export class Tries {
  readonly started: StartedTry[] = [];
  readonly finished: (StartedTry & { readonly outcome: string })[] = [];
  readonly #watchers = new Set<(started: StartedTry) => void>();

  note({ fields }: LogLine): void {
    const event = fields?.['event'];
    if (fields === null || (event !== 'chunk.started' && event !== 'chunk.finished')) return;
    const text = (name: string): string => {
      const value = fields[name];
      return typeof value === 'string' ? value : '';
    };
    const assignment = text('assignment');
    const atMs = parseRfc3339(text('time')) ?? Number.NaN;
    const coordinates = assignment.split('@')[0] ?? '';
    const one = { assignment, coordinates, id: text('id'), worker: text('worker'), atMs };
    if (event === 'chunk.finished') {
      this.finished.push({ ...one, outcome: text('outcome') });
      return;
    }
    this.started.push(one);
    for (const watch of this.#watchers) watch(one);
  }

  /** Calls `watch` at each start from now on. */
  onStarted(watch: (started: StartedTry) => void): void {
    this.#watchers.add(watch);
  }

  /** Starts that have no end yet, of one worker. */
  unfinishedOf(worker: string): readonly StartedTry[] {
    const ended = new Set(this.finished.map(({ assignment }) => assignment));
    return this.started.filter((one) => one.worker === worker && !ended.has(one.assignment));
  }

  /** Coordinates of chunks that were started more than once, with their count. */
  repeated(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { coordinates } of this.started) {
      counts.set(coordinates, (counts.get(coordinates) ?? 0) + 1);
    }
    return new Map([...counts].filter(([, count]) => count > 1));
  }
}
