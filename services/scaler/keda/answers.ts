import type { Known } from '../../policy/scaling/observation.ts';
import type { WorkersWanted } from '../../shared/chunk/directive.ts';
import type {
  GetMetricSpecResponse,
  GetMetricsRequest,
  GetMetricsResponse,
  IsActiveResponse,
  ScaledObjectRef,
} from './external-scaler.ts';
import type { Polls } from './polls.ts';
import { given, readTrigger, refused, shown, unavailable, workersOf } from './trigger.ts';
import type { Answer, Installation } from './trigger.ts';
import type { WorkersSnapshot, WorkersView } from './workers-view.ts';

/** What the calls are answered from; nothing is asked of anybody while a call waits. */
export interface Knowledge {
  readonly view: WorkersView;
  readonly polls: Polls;
  readonly installation: Installation;
}

/**
 * Name and target never change, since KEDA writes them into the HPA only when the ScaledObject does:
 * one replica for each worker that is wanted.
 */
const metricName = 'workers';
const target = 1;

export const metricSpecs: GetMetricSpecResponse = {
  metricSpecs: [{ metricName, targetSize: target, targetSizeFloat: target }],
};

/** Who asks; its calls of one poll are told by this name. */
export const callerOf = ({ namespace, name }: ScaledObjectRef): string => `${namespace}/${name}`;

/** Also while nothing is known: KEDA leaves out a trigger of which it has no name. */
export function answerMetricSpec(
  ref: ScaledObjectRef,
  { polls, installation }: Knowledge,
): Answer<GetMetricSpecResponse> {
  polls.begin(callerOf(ref));
  const trigger = readTrigger(ref.scalerMetadata, installation);
  return trigger.kind === 'refused' ? trigger : given(metricSpecs);
}

export function answerMetrics(
  { scaledObjectRef, metricName: askedName }: GetMetricsRequest,
  { polls, installation }: Knowledge,
): Answer<GetMetricsResponse> {
  if (scaledObjectRef === null) return refused('INVALID_ARGUMENT', 'scaledObjectRef is missing');
  if (askedName !== metricName) {
    return refused('NOT_FOUND', `there is no metric ${shown(askedName)}, only ${metricName}`);
  }
  const asked = askedOf(scaledObjectRef, polls.read(callerOf(scaledObjectRef)), installation);
  if (asked.kind === 'refused') return asked;
  const value = replicasOf(asked.value);
  return given({ metricValues: [{ metricName, metricValue: value, metricValueFloat: value }] });
}

export function answerIsActive(
  ref: ScaledObjectRef,
  { polls, installation }: Knowledge,
): Answer<IsActiveResponse> {
  const asked = askedOf(ref, polls.read(callerOf(ref)), installation);
  return asked.kind === 'refused' ? asked : given({ result: asked.value.isActive });
}

/**
 * What to tell the HPA. A group whose workers still hold work is not to end at zero, though none is
 * wanted any more: where several triggers make one metric (`scalingModifiers`), KEDA goes by this
 * number alone and asks nobody whether the group is active.
 */
function replicasOf({ replicas, isActive }: WorkersWanted): number {
  return isActive ? Math.max(1, replicas) : replicas;
}

/** The workers that a caller asks for, in what is known now. */
export function askedOf(
  { scalerMetadata }: ScaledObjectRef,
  known: Known<WorkersSnapshot>,
  installation: Installation,
): Answer<WorkersWanted> {
  const trigger = readTrigger(scalerMetadata, installation);
  if (trigger.kind === 'refused') return trigger;
  if (known.kind === 'unknown') return unavailable(known.cause);
  return workersOf(known.value, trigger.value);
}
