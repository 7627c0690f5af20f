/** The worker that runs on a local node, kept running until `stop`. */
export interface NodeProgram {
  /** Resolves when no run will follow: after `stop`, or when a restart would be of no use. */
  readonly ended: Promise<void>;
  /** Lets the worker drain; resolves when it has ended. */
  stop(): Promise<void>;
}

export interface NodePlace {
  readonly pool: string;
  readonly node: string;
}

/** Starts the worker of a node that has booted. */
export type StartNodeProgram = (place: NodePlace) => NodeProgram;
