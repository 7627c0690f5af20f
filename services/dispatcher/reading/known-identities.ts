import type { Identity } from '../../shared/chunk/envelope.ts';
import type { AcceptedRecord } from '../../shared/chunk/outcome.ts';

/**
 * Which identities were accepted lately, over all intake. Fed by the outcome topics, which every
 * dispatcher follows, active or not, and by what the active one accepts itself.
 */
export interface KnownIdentities {
  /** The accepted record, or `null` where nothing is known within the window. */
  find(identity: Identity): AcceptedRecord | null;
  /**
   * Remembers the accepted record. Where two are named, the later word counts: a duplicate's dead
   * letter names the record that was accepted, whichever of the twins is read first.
   */
  remember(identity: Identity, accepted: AcceptedRecord, atMs: number): void;
  forget(identity: Identity): void;
  /** Drops what is older than the window. */
  forgetBefore(atMs: number): void;
  size(): number;
}

const identityKey = ({ source, id }: Identity): string => `${source}\n${id}`;

export function createKnownIdentities(): KnownIdentities {
  // Insertion order is age order, because a remembered identity is always put at the end.
  const known = new Map<string, AcceptedRecord & { readonly atMs: number }>();
  return {
    find: (identity) => known.get(identityKey(identity)) ?? null,
    remember(identity, { coordinates, digest }, atMs) {
      const key = identityKey(identity);
      known.delete(key);
      known.set(key, { coordinates, digest, atMs });
    },
    forget(identity) {
      known.delete(identityKey(identity));
    },
    forgetBefore(atMs) {
      for (const [key, { atMs: rememberedAtMs }] of known) {
        if (rememberedAtMs >= atMs) break;
        known.delete(key);
      }
    },
    size: () => known.size,
  };
}
