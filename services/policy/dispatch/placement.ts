export interface Placement {
  readonly key: string;
  readonly worker: string;
  /** It went to a CPU worker because no GPU would have had it done in time. */
  readonly isSpilled: boolean;
}
