import type { OperatorWords, Pause, Said } from '../../shared/chunk/operator.ts';
import { bounded, latestMs, wholeNumber } from './bounded.ts';

/** A pause that holds for a pool, and who says so. */
export interface PoolPause extends Pause {
  readonly saidBy: Said;
}

/** Whether what somebody said still counts. An end that is no number is none, as in JSON. */
export const stillHolds = ({ untilMs }: Said, nowMs: number): boolean =>
  untilMs === null || !Number.isFinite(untilMs) || nowMs < untilMs;

/** Its bare saying, with an end that JSON can hold. */
export const saidOf = ({ by, untilMs, note }: Said): Said => ({
  by,
  untilMs: untilMs === null || !Number.isFinite(untilMs) ? null : bounded(untilMs, 0, latestMs),
  note,
});

const annotationSaid: Said = { by: 'an annotation of the pool', untilMs: null, note: null };

export interface PauseSources {
  readonly operator: OperatorWords | null;
  /** What the pool itself carries. */
  readonly annotation: Pause | null;
  readonly nowMs: number;
}

/**
 * The pause of a pool: what an operator said of it by name, else of every pool, else its own
 * annotation. One that bars nothing is how an operator excepts a pool. `null`: its size may move.
 */
export function pauseOf(
  pool: string,
  { operator, annotation, nowMs }: PauseSources,
): PoolPause | null {
  const words = operator?.pools ?? {};
  const named = Object.hasOwn(words, pool) ? words[pool] : undefined;
  const word = [named, operator?.everyPool ?? undefined].find(
    (each) => each !== undefined && stillHolds(each, nowMs),
  );
  const pause = word ?? annotation;
  if (pause === null) return null;
  const { scaleIn, scaleOut } = pause;
  const nodes =
    pause.nodes === null || !Number.isFinite(pause.nodes) ? null : wholeNumber(pause.nodes, 1e6);
  if (!scaleIn && !scaleOut && nodes === null) return null;
  return { scaleIn, scaleOut, nodes, saidBy: word === undefined ? annotationSaid : saidOf(word) };
}

/**
 * What a pause leaves of a size. Who says how many nodes are to be there means just that many,
 * whatever the pool's limits are.
 */
export function withPause(
  nodes: number,
  { pause, nodesOrdered }: { readonly pause: PoolPause | null; readonly nodesOrdered: number },
): number {
  if (pause === null) return nodes;
  if (pause.nodes !== null) return pause.nodes;
  const least = pause.scaleIn ? nodesOrdered : 0;
  const most = pause.scaleOut ? nodesOrdered : Number.POSITIVE_INFINITY;
  return Math.min(most, Math.max(least, nodes));
}
