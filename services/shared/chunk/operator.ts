import { count, fields, nullable, flag, number, oneOf, parseJson, text } from './shape.ts';
import type { Parsed, Shape } from './shape.ts';

/**
 * What a person tells the scaler: the last word of each key on a compacted topic, until a tombstone
 * takes it back. It outlasts scalers, and each decision that it bound says so.
 */
export const operatorKeys = {
  spill: 'spill',
  /** All pools, for which nothing is said by name. */
  pauseAll: 'pause',
  pause: (pool: string): string => `pause/${pool}`,
} as const;

/** Who said something, until when it holds, and why. */
export interface Said {
  /** As that person's machine names them. */
  readonly by: string;
  /** Broker time from which on it counts for nothing; `null`: until it is taken back. */
  readonly untilMs: number | null;
  /** For those who read it later. */
  readonly note: string | null;
}

interface Word extends Said {
  /** Broker time of the saying. */
  readonly atMs: number;
}

/** A pool's size is not to move. In the words of KEDA's annotations, which pools may carry as well. */
export interface Pause {
  /** Not below what is there. */
  readonly scaleIn: boolean;
  /** Not above it. */
  readonly scaleOut: boolean;
  /** Exactly so many nodes, whatever else is said; `null`: as they are. */
  readonly nodes: number | null;
}

export interface PauseWord extends Word, Pause {}

export interface SpillWord extends Word {
  readonly spill: 'open' | 'shut';
}

/** All words that stand. Pools by name; `everyPool` for those that are not named. */
export interface OperatorWords {
  readonly spill: SpillWord | null;
  readonly everyPool: PauseWord | null;
  readonly pools: Readonly<Record<string, PauseWord>>;
}

export const noOperatorWords: OperatorWords = { spill: null, everyPool: null, pools: {} };

/** Bound of a text, so that a record stays small. */
export const operatorNoteCharactersMax = 500;

const saidFields = { by: text, untilMs: nullable(number), note: nullable(text) };

export const saidShape: Shape<Said> = fields(saidFields);

const word = { ...saidFields, atMs: number };

export const pauseFields = { scaleIn: flag, scaleOut: flag, nodes: nullable(count) };

export const encodePauseWord = (said: PauseWord): string => JSON.stringify(said);

export function parsePauseWord(json: string): Parsed<PauseWord> {
  return parseJson(json, fields({ ...word, ...pauseFields }));
}

export const encodeSpillWord = (said: SpillWord): string => JSON.stringify(said);

export function parseSpillWord(json: string): Parsed<SpillWord> {
  return parseJson(json, fields({ ...word, spill: oneOf(['open', 'shut']) }));
}
