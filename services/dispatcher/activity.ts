import type { TakeOver } from './take-over.ts';
import type { TermState } from './term-state.ts';

/** What a process does while it is the active one: one term, from its first batch to its end. */
export interface Activity {
  readonly state: TermState;
  readonly takeOver: TakeOver;
  readonly ended: AbortController;
  readonly wakeSettle: () => void;
  /** What intake told before the outcomes were read, in its order. */
  readonly untold: (() => void)[];
  isAdmitting: boolean;
  isDispatching: boolean;
}
