import type { ServerWritableStream } from '@grpc/grpc-js';
import { askedOf, callerOf, metricSpecs } from './answers.ts';
import type { Knowledge } from './answers.ts';
import type {
  GetMetricSpecResponse,
  IsActiveResponse,
  ScaledObjectRef,
} from './external-scaler.ts';
import { given, readTrigger, refused } from './trigger.ts';
import type { Answer } from './trigger.ts';

type ActiveCall = ServerWritableStream<ScaledObjectRef, IsActiveResponse>;
type SpecCall = ServerWritableStream<ScaledObjectRef, GetMetricSpecResponse>;

/** Callers who hold a line open to be told of changes. */
export interface Streams {
  /** Tells at once whether the group is active, and again at each change; silent while unknown. */
  openActive(call: ActiveCall): Answer<null>;
  /**
   * Tells metric and target, which never change, and stays open. KEDA 2.21 then reads the ScaledObject
   * again: one that was made before a scaler answered would else go without this metric for good.
   */
  openSpec(call: SpecCall): Answer<null>;
  /** Something may have changed. */
  tell(): void;
  count(): number;
  endAll(): void;
}

/** KEDA holds two for each ScaledObject. */
const streamsMax = 500;

export function createStreams(knowledge: Knowledge): Streams {
  const { view, installation } = knowledge;
  const told = new Map<ActiveCall, boolean | null>();
  const others = new Set<SpecCall>();

  const tellOne = (call: ActiveCall): void => {
    const asked = askedOf(call.request, view.read(), installation);
    if (asked.kind === 'refused' || asked.value.isActive === told.get(call)) return;
    // Whoever does not read gets the last word once it does, not all of them.
    if (call.writableNeedDrain) return;
    told.set(call, asked.value.isActive);
    call.write({ result: asked.value.isActive });
  };
  const room = (caller: string): Answer<null> => {
    if (told.size + others.size < streamsMax) return given(null);
    const message = `${streamsMax} streams are open, no more for ${caller}; polls are answered`;
    return refused('RESOURCE_EXHAUSTED', message);
  };
  return {
    openActive(call) {
      const free = room(callerOf(call.request));
      if (free.kind === 'refused') return free;
      const trigger = readTrigger(call.request.scalerMetadata, installation);
      if (trigger.kind === 'refused') return trigger;
      told.set(call, null);
      onEnd(call, () => told.delete(call));
      call.on('drain', () => tellOne(call));
      tellOne(call);
      return given(null);
    },
    openSpec(call) {
      const free = room(callerOf(call.request));
      if (free.kind === 'refused') return free;
      const trigger = readTrigger(call.request.scalerMetadata, installation);
      if (trigger.kind === 'refused') return trigger;
      others.add(call);
      onEnd(call, () => others.delete(call));
      call.write(metricSpecs);
      return given(null);
    },
    tell() {
      for (const call of told.keys()) tellOne(call);
    },
    count: () => told.size + others.size,
    endAll() {
      for (const call of [...told.keys(), ...others]) call.end();
    },
  };
}

/** The caller went, its connection broke, or we ended it. */
function onEnd(call: ActiveCall | SpecCall, forget: () => void): void {
  for (const event of ['cancelled', 'close', 'error', 'finish']) call.on(event, forget);
}
