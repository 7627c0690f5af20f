import { ManualClock, seededRandom } from '../../../services/shared/clock/manual.ts';
import { MemoryKubernetes } from '../../../services/shared/kubernetes/memory/kubernetes.ts';
import type { KubernetesApi } from '../../../services/shared/kubernetes/ports.ts';
import type { KubernetesHarness } from './harness.ts';

const stepMs = 10;

/** The twin on a manual clock: waiting moves the clock. */
export function memoryHarness(seed: number): KubernetesHarness {
  const clock = new ManualClock(1_760_000_000_000);
  const kubernetes = new MemoryKubernetes({ clock, random: seededRandom(seed) });
  const opened: KubernetesApi[] = [];
  return {
    clock,
    connect: (reflector = {}) => {
      const api = kubernetes.connect({ reflector });
      opened.push(api);
      return api;
    },
    createNamespace: () => Promise.resolve(),
    put: (type, object) => {
      kubernetes.put(type, object);
      return Promise.resolve();
    },
    patch: (target, patch) => {
      kubernetes.patch(target, patch);
      return Promise.resolve();
    },
    remove: (target) => Promise.resolve(kubernetes.remove(target)),
    list: (type) =>
      Promise.resolve(new Map(kubernetes.list(type).map((one) => [one.metadata.name, one]))),
    letTimePass: () => clock.elapseMs(stepMs),
    close: async () => {
      await Promise.all(opened.map((api) => api.close()));
    },
  };
}
