import type { StartNodeProgram } from '../../services/local/nodes/ports.ts';

export interface FakePrograms {
  readonly start: StartNodeProgram;
  /** Nodes whose worker was started, in order. */
  readonly started: readonly string[];
  /** Nodes whose worker was told to end, in order. */
  readonly asked: readonly string[];
  /** The worker of this node ends, told or not, and none is started in its place. */
  end(node: string): void;
}

/** Workers of nodes that are no processes: they run until a test says that they have ended. */
export function fakePrograms(): FakePrograms {
  const started: string[] = [];
  const asked: string[] = [];
  const enders = new Map<string, () => void>();
  return {
    started,
    asked,
    start: ({ node }) => {
      started.push(node);
      const ended = new Promise<void>((resolve) => enders.set(node, resolve));
      return {
        ended,
        stop: () => {
          asked.push(node);
          return ended;
        },
      };
    },
    end: (node) => enders.get(node)?.(),
  };
}
