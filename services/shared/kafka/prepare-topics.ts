import { topicPlan } from '../chunk/topic-plan.ts';
import type { TopicPlanOptions } from '../chunk/topic-plan.ts';
import {
  dispatcherGroup,
  intakeTopics,
  laneTopics,
  scalerGroup,
  workerGroup,
} from '../chunk/topics.ts';
import { workerKinds } from '../chunk/words.ts';
import type { TopicAdmin, TopicReport } from './ports.ts';

export interface PreparedTopics {
  readonly topics: readonly TopicReport[];
  /** First offsets committed for our groups; 0 when an installation was prepared before. */
  readonly offsetsSet: number;
}

/**
 * Makes the topics of one installation what the plan says and gives our groups their first offsets,
 * so that a missing offset later means loss. Safe to repeat, and to run beside a working installation.
 */
export async function prepareTopics(
  admin: TopicAdmin,
  options: TopicPlanOptions,
): Promise<PreparedTopics> {
  const { topics } = options;
  const reports = await admin.ensure(topicPlan(options));
  let offsetsSet = await admin.ensureGroupOffsets(dispatcherGroup(topics), [
    ...intakeTopics(topics),
    topics.done,
  ]);
  offsetsSet += await admin.ensureGroupOffsets(scalerGroup(topics), [topics.directive]);
  for (const kind of workerKinds) {
    offsetsSet += await admin.ensureGroupOffsets(
      workerGroup(topics, kind),
      laneTopics(topics, kind),
    );
  }
  return { topics: reports, offsetsSet };
}
