import pc from 'picocolors';

/** Colours by meaning; plain text where the terminal has none. */
export interface Colours {
  readonly strong: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** Where a command speaks: what was asked for on standard output, all else on standard error. */
export interface Terminal {
  /** One line of what was asked for. */
  print(line: string): void;
  /** One line beside it: how it goes, what is wrong. */
  note(line: string): void;
  /** Lines that change in place and go with `null`; not shown where nobody watches. */
  show(lines: string | null): void;
  /** Whether `show` shows. */
  readonly isWatched: boolean;
  /** For printed lines. */
  readonly colours: Colours;
  /** For notes. */
  readonly noteColours: Colours;
}

export interface Streams {
  readonly stdout: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };
  readonly stderr: Pick<NodeJS.WriteStream, 'write'> & {
    readonly isTTY?: boolean;
    readonly columns?: number;
  };
}

const eraseLine = '\r\u001b[2K';
const lineUp = '\u001b[1A';
const columnsDefault = 80;

export function openTerminal({ stdout, stderr }: Streams): Terminal {
  let shown: string | null = null;
  let linesDrawn = 0;
  const isWatched = stderr.isTTY === true;
  const draw = (text: string | null): void => {
    if (!isWatched) return;
    const erase =
      linesDrawn === 0 ? '' : eraseLine + `${lineUp}${eraseLine}`.repeat(linesDrawn - 1);
    const room = (stderr.columns ?? columnsDefault) - 1;
    const lines = text === null ? [] : text.split('\n').map((line) => cutToWidth(line, room));
    stderr.write(`${erase}${lines.join('\n')}`);
    linesDrawn = lines.length;
  };
  /** The changing lines make room for one that stays, and come back below it. */
  const around = (write: () => void): void => {
    if (shown !== null) draw(null);
    write();
    if (shown !== null) draw(shown);
  };
  return {
    isWatched,
    colours: coloursFor(stdout.isTTY === true),
    noteColours: coloursFor(isWatched),
    print: (line) => around(() => stdout.write(`${line}\n`)),
    note: (line) => around(() => stderr.write(`${line}\n`)),
    show: (line) => {
      if (line === shown) return;
      shown = line;
      draw(line);
    },
  };
}

/** picocolors looks at the environment (NO_COLOR, CI) and at whether anyone sees colours. */
function coloursFor(isTty: boolean): Colours {
  const { bold, dim, green, red } = pc.createColors(isTty && pc.isColorSupported);
  return { strong: bold, quiet: dim, good: green, bad: red };
}

/** Colours take no room; a line that is cut ends its colours. */
function cutToWidth(line: string, room: number): string {
  // oxlint-disable-next-line no-control-regex -- the escape character begins a colour
  const parts = line.split(/(\u001b\[[0-9;]*m)/);
  let left = room;
  return parts
    .map((part, index) => {
      if (index % 2 === 1) return part;
      const kept = part.slice(0, Math.max(0, left));
      left -= part.length;
      return kept;
    })
    .join('');
}
