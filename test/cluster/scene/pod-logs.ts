import { closeSync, fstatSync, openSync, readdirSync, readSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineSplitter, parseLogLine } from '../../../services/local/processes/log-lines.ts';

/** One event that a program in a pod wrote into its log. */
export interface PodEvent {
  readonly pod: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface OpenFile {
  readonly pod: string;
  readonly splitter: LineSplitter;
  position: number;
}

const linesQuoted = 12;

/** What the programs of one namespace wrote: read on from where the last look ended. */
export class PodLogs {
  readonly #folder: string;
  readonly #namespace: string;
  readonly #files = new Map<string, OpenFile>();
  readonly #events: PodEvent[] = [];

  constructor(clusterFolder: string, namespace: string) {
    this.#folder = join(clusterFolder, 'log', 'pods');
    this.#namespace = namespace;
  }

  /** All so far, in the order of each pod. */
  of(event: string): readonly PodEvent[] {
    for (const name of this.#names()) this.#readOn(name);
    return this.#events.filter((each) => each.event === event);
  }

  /** The last lines of each file, for whoever asks why a test has failed. */
  tails(): string {
    return this.#names()
      .map((name) => {
        const lines = readFileSync(join(this.#folder, name), 'utf8').trimEnd().split('\n');
        const last = lines.slice(-linesQuoted).map((line) => line.slice(0, 500));
        return [`== ${name}`, ...last].join('\n');
      })
      .join('\n');
  }

  #names(): readonly string[] {
    return readdirSync(this.#folder).filter((name) => name.startsWith(`${this.#namespace}_`));
  }

  #readOn(name: string): void {
    const known = this.#files.get(name) ?? this.#open(name);
    const file = openSync(join(this.#folder, name), 'r');
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - known.position);
      readSync(file, bytes, 0, bytes.length, known.position);
      known.position += bytes.length;
      known.splitter.push(bytes.toString('utf8'));
    } finally {
      closeSync(file);
    }
  }

  #open(name: string): OpenFile {
    const pod = name.split('_')[1] ?? '';
    const splitter = new LineSplitter((line) => {
      const { fields } = parseLogLine('stdout', line);
      const event = fields?.['event'];
      if (fields !== null && typeof event === 'string') this.#events.push({ pod, event, fields });
    });
    const opened = { pod, splitter, position: 0 };
    this.#files.set(name, opened);
    return opened;
  }
}
