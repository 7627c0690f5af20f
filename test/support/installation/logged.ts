import type { LogLine } from '../../../services/local/processes/log-lines.ts';

/** One event that a program wrote into its log. */
export interface LoggedEvent {
  readonly program: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What the programs of an installation wrote, but for what they write for each chunk. */
export class Logged {
  readonly all: LoggedEvent[] = [];

  note(program: string, { fields }: LogLine): void {
    const event = fields?.['event'];
    if (fields === null || typeof event !== 'string' || event.startsWith('chunk.')) return;
    this.all.push({ program, event, fields });
  }

  of(event: string): readonly LoggedEvent[] {
    return this.all.filter((each) => each.event === event);
  }
}
