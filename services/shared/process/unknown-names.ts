import type { Environment } from './ports.ts';

const prefix = 'SPILLWAY_';

/**
 * What Kubernetes adds to every container for each Service of its namespace, unless the pod says
 * `enableServiceLinks: false`; a Service `spillway-scaler` gives names with our prefix.
 */
const serviceLinkName =
  /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const serviceLinkValue = /^(tcp|udp|sctp):\/\//;

/**
 * One line for each variable with our prefix that is not in `known`. A misspelt setting would
 * otherwise be ignored, and the process would run with a default that nobody wanted. Values are not
 * shown: behind a misspelt name there may be a password.
 */
export function unknownNames(
  known: readonly string[],
  environment: Environment,
): readonly string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !known.includes(name))
    .filter((name) => !isServiceLink(name, environment[name] ?? ''))
    .toSorted()
    .map((name) => {
      const nearest = nearestName(name, known);
      const hint = nearest === null ? 'Remove it' : `Did you mean ${nearest}? Else remove it`;
      return `${name} is not a setting of this process. ${hint}.`;
    });
}

function isServiceLink(name: string, value: string): boolean {
  return serviceLinkName.test(name) || (name.endsWith('_PORT') && serviceLinkValue.test(value));
}

/** The known name with the fewest edits, if a third of the letters or fewer differ, else `null`. */
function nearestName(name: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  let fewest = Math.floor((name.length - prefix.length) / 3) + 1;
  for (const candidate of known) {
    const edits = editDistance(name, candidate);
    if (edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Levenshtein's: the fewest letters to insert, delete or replace to make `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(a).entries()) {
    const next = [index + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      const edited = Math.min(row[column + 1] ?? 0, next[column] ?? 0) + 1;
      next.push(Math.min(replaced, edited));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
