import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../../services/local/processes/command.ts';
import { moduleFolder } from './cache-folder.ts';
import { binaryGroups } from './pins.ts';

/** What `go` says of itself, or why it is of no use and what to do. */
export type GoFound =
  | { readonly kind: 'found'; readonly version: string }
  | { readonly kind: 'unusable'; readonly problem: string };

/** Looks at the `go` on the path. A toolchain that Go would fetch by itself does not count. */
export async function findGo(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<GoFound> {
  const wanted = versionWanted();
  const end = await runCommand({
    command: 'go',
    commandArguments: ['env', 'GOVERSION'],
    environment: { ...environment, GOTOOLCHAIN: 'local' },
  });
  const need = `Go ${wanted.join('.')} or later`;
  if (end.outcome === 'missing') {
    return {
      kind: 'unusable',
      problem: `the cluster's programs are built with Go and there is no 'go' command: install ${need}`,
    };
  }
  const found = parseVersion(end.lines.at(-1) ?? '');
  if (end.outcome === 'failed' || found === null) {
    return { kind: 'unusable', problem: `'go env GOVERSION' failed: ${end.lines.join(' | ')}` };
  }
  if (compareVersions(found, wanted) < 0) {
    return {
      kind: 'unusable',
      problem: `the cluster's programs need ${need} and 'go' is ${found.join('.')}: install a later one`,
    };
  }
  return { kind: 'found', version: found.join('.') };
}

/** The highest that any of the modules asks for. */
function versionWanted(): readonly number[] {
  return binaryGroups
    .map(({ name }) => {
      const text = readFileSync(join(moduleFolder(name), 'go.mod'), 'utf8');
      return parseVersion(/^go (\S+)$/m.exec(text)?.[1] ?? '') ?? [];
    })
    .reduce((highest, next) => (compareVersions(next, highest) > 0 ? next : highest), []);
}

/** `go1.26.8` or `1.26`, as numbers; `null`: it is no version. */
function parseVersion(text: string): readonly number[] | null {
  const numbers = /^(?:go)?(\d+(?:\.\d+)*)/.exec(text.trim())?.[1];
  return numbers === undefined ? null : numbers.split('.').map(Number);
}

function compareVersions(left: readonly number[], right: readonly number[]): number {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
