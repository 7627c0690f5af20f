import type { Knowledge } from '../system-view/knowledge.ts';

/** What is to be said of a pool that the scaler does not speak of; a word on it does nothing. */
export function unknownPoolWarnings(
  { directive, decisions }: Knowledge,
  pool: string,
): readonly string[] {
  const decided = decisions.at(-1)?.decision.pools.map((each) => each.pool) ?? [];
  const told = directive?.value.workers.flatMap((workers) => workers.pool ?? []) ?? [];
  const known = [...new Set([...decided, ...told])];
  if (known.includes(pool)) return [];
  if (directive === null) {
    return [`no scaler has ever spoken, so it is not known whether there is a pool ${pool}`];
  }
  const others = known.length === 0 ? 'none at all' : known.join(', ');
  return [`the scaler sizes no pool ${pool} but ${others}: the word waits until there is one`];
}
