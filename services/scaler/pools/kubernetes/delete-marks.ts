import type { KubernetesApi } from '../../../shared/kubernetes/ports.ts';
import { claimsOf, flavourOf } from './flavours.ts';
import type { KubernetesPool } from './kubernetes-pool.ts';
import type { MachineEntry } from './pool-book.ts';

/** Tells us from people who mark machines themselves: theirs are left alone. */
const ownMark = 'spillway';

/** Marks on machines by which their controller takes them first when the size falls. */
export interface DeleteMarks {
  /**
   * Marks exactly those that are going; takes our marks off all others. Nothing where the pool's
   * controller knows no marks.
   * @throws KubernetesError
   */
  set(entries: readonly MachineEntry[], going: readonly MachineEntry[]): Promise<void>;
}

export function createDeleteMarks({ target }: KubernetesPool, api: KubernetesApi): DeleteMarks {
  const flavour = flavourOf(target);
  const mark = flavour?.deleteMark ?? null;
  if (flavour === null || mark === null) return { set: async () => undefined };
  const type = claimsOf(target, flavour);
  const annotate = async (entry: MachineEntry, value: string | null): Promise<void> => {
    const { claim, claimAnnotations, isDeleted } = entry.machine;
    const current = claimAnnotations[mark] ?? null;
    const isSet = value === null ? current !== ownMark : current !== null;
    if (claim === null || isDeleted || isSet) return;
    await api.annotate({ ...type, name: claim }, { [mark]: value });
  };
  return {
    async set(entries, going) {
      const marked = new Set(going);
      await Promise.all(
        entries.map((entry) => annotate(entry, marked.has(entry) ? ownMark : null)),
      );
    },
  };
}
