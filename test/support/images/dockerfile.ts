export interface Copy {
  readonly kind: 'copy';
  /** Name of a stage of the same file; `null`: the build context. */
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly destination: string;
}

/** One instruction of a stage. */
export type Instruction =
  | Copy
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'workdir'; readonly folder: string }
  | { readonly kind: 'environment'; readonly variables: Readonly<Record<string, string>> }
  /** Says what is to be done at run time, and changes no file. */
  | { readonly kind: 'setting'; readonly name: SettingName; readonly value: string };

export type SettingName = (typeof settingNames)[number];

export interface Stage {
  readonly name: string;
  /** Another stage of the file, or an image. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

const settingNames = ['LABEL', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'] as const;

/**
 * The stages of a Dockerfile, in its order.
 *
 * @throws Error naming whatever it does not know: a line that is passed over in silence would make
 * what is staged differ from what is built.
 */
export function parseDockerfile(text: string): readonly Stage[] {
  const known = new Map<string, string>();
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of logicalLines(text)) {
    const [word, rest] = splitOnce(line);
    const stage = stages.at(-1);
    if (word === 'ARG' && stage === undefined) {
      const [name = '', value = ''] = rest.split('=', 2);
      known.set(name, value);
    } else if (word === 'FROM') {
      stages.push({ ...readFrom(substituted(rest, known)), instructions: [] });
    } else if (stage === undefined) {
      throw new Error(`Dockerfile: ${word} stands before the first FROM.`);
    } else {
      stage.instructions.push(readInstruction(word, rest));
    }
  }
  return stages;
}

/** Lines without comments, those that end in a backslash joined with the next. */
function logicalLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function splitOnce(line: string): readonly [string, string] {
  const [word = ''] = line.split(/\s/, 1);
  return [word, line.slice(word.length).trim()];
}

function substituted(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = known.get(name);
    if (value === undefined) throw new Error(`Dockerfile: \${${name}} has no ARG before it.`);
    return value;
  });
}

function readFrom(rest: string): { readonly name: string; readonly base: string } {
  const [, base = '', name = ''] = /^(\S+) AS (\S+)$/.exec(rest) ?? [];
  if (name === '') throw new Error(`Dockerfile: FROM ${rest} must name its stage with AS.`);
  return { name, base };
}

function readInstruction(word: string, rest: string): Instruction {
  switch (word) {
    case 'COPY':
      return readCopy(rest);
    case 'RUN':
      // A cache mount only saves downloads: what it holds does not reach the image.
      return { kind: 'run', command: rest.replace(/^--mount=type=cache,\S+\s+/, '') };
    case 'WORKDIR':
      return { kind: 'workdir', folder: rest };
    case 'ENV':
      return { kind: 'environment', variables: readVariables(rest) };
    default: {
      const name = settingNames.find((each) => each === word);
      if (name === undefined) throw new Error(`Dockerfile: nobody here knows ${word} ${rest}`);
      return { kind: 'setting', name, value: rest };
    }
  }
}

function readCopy(rest: string): Instruction {
  const words = rest.split(/\s+/);
  const options = words.filter((word) => word.startsWith('--'));
  const paths = words.filter((word) => !word.startsWith('--'));
  const from = options.map((option) => /^--from=([\w-]+)$/.exec(option)?.[1]);
  const destination = paths.at(-1);
  if (from.includes(undefined) || destination === undefined || paths.length < 2) {
    throw new Error(`Dockerfile: nobody here knows COPY ${rest}`);
  }
  return { kind: 'copy', from: from[0] ?? null, sources: paths.slice(0, -1), destination };
}

function readVariables(rest: string): Readonly<Record<string, string>> {
  const pairs = rest.split(/\s+/).map((pair) => /^(\w+)=([^"'$]*)$/.exec(pair));
  if (pairs.includes(null)) throw new Error(`Dockerfile: nobody here knows ENV ${rest}`);
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}
