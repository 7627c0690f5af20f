import { directiveKeys, encodeDirective } from '../../services/shared/chunk/directive.ts';
import type { Directive } from '../../services/shared/chunk/directive.ts';
import type { ReadBatch } from '../../services/shared/kafka/ports.ts';
import { topics } from './protocol-world/settings.ts';

/** A directive that leaves everything as it would be without one, but for what is given. */
export const directiveOf = (given: Partial<Directive>): Directive => ({
  leader: { term: 1, sequence: 1 },
  issuedAtMs: 0,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  capacity: [],
  workers: [],
  spill: { gate: 'open', reason: 'overload', mediaMsPerMinuteMax: null },
  degradeLevel: 0,
  ...given,
});

/** One answer of a fetch of the directive's topic; text stands for what a foreign program wrote. */
export function directiveBatch(
  said: readonly (Directive | string | null)[],
  key: string = directiveKeys.directive,
): ReadBatch {
  const place = { topic: topics.directive, partition: 0 };
  const records = said.map((each, offset) => {
    const text = typeof each === 'string' || each === null ? each : encodeDirective(each);
    const value = text === null ? null : Buffer.from(text);
    return { ...place, offset, key: Buffer.from(key), value, headers: [], timestampMs: 0 };
  });
  const read = { fromOffset: 0, nextOffset: said.length, caughtUp: true, askedAtMs: 0 };
  return { ...place, records, ...read };
}
