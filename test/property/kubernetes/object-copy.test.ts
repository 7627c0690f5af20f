import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../services/shared/kubernetes/ports.ts';
import {
  applyEvent,
  copyOfList,
} from '../../../services/shared/kubernetes/reflector/object-copy.ts';
import { runs } from './seed.ts';

/** What a server's store goes through: objects come, change and go. */
const changes = fc.array(
  fc.record({
    namespace: fc.constantFrom('left', 'right'),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    isRemoved: fc.boolean(),
  }),
  { maxLength: 60 },
);

describe('a copy', () => {
  it('equals the store after any list and the changes since, told once or twice', () => {
    fc.assert(
      fc.property(changes, fc.nat(60), fc.boolean(), (story, listedAfter, isToldTwice) => {
        const store = new Map<string, KubernetesObject>();
        let copy = copyOfList([], '0');
        story.forEach(({ namespace, name, isRemoved }, index) => {
          if (index === listedAfter) copy = copyOfList([...store.values()], String(index));
          const key = `${namespace}/${name}`;
          const before = store.get(key);
          const object = { metadata: { namespace, name, resourceVersion: String(index + 1) } };
          if (isRemoved && before === undefined) return;
          if (isRemoved) store.delete(key);
          else store.set(key, object);
          const type = isRemoved ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED';
          applyEvent(copy, { type, object });
          if (isToldTwice) applyEvent(copy, { type, object });
          expect(copy.resourceVersion).toBe(String(index + 1));
        });
        expect(new Map(copy.objects)).toEqual(store);
      }),
      runs,
    );
  });

  it('moves on with a bookmark, and nothing else of it changes', () => {
    const copy = copyOfList([{ metadata: { name: 'a', resourceVersion: '3' } }], '3');
    applyEvent(copy, { type: 'BOOKMARK', resourceVersion: '9' });
    expect(copy).toEqual(copyOfList([{ metadata: { name: 'a', resourceVersion: '3' } }], '9'));
  });
});
