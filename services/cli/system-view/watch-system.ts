import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import { findKafka } from '../kafka-place.ts';
import { asCommandError, requireTopics } from '../reach-kafka.ts';
import { followSystem } from './follow-system.ts';
import type { Knowledge } from './knowledge.ts';
import { viewOf } from './system-view.ts';
import type { SystemView } from './system-view.ts';

/**
 * Runs `work` with the present of the system that is meant, once it is known.
 *
 * @throws CommandError when there is no such system, or when it cannot be followed any more.
 */
export async function watchSystem(
  tools: CommandTools,
  work: (look: () => SystemView, knowledge: Knowledge) => Promise<void>,
): Promise<void> {
  const place = await findKafka(parseConfig(tools.environment));
  const { topics } = place;
  const connection = tools.connect(place);
  const { clock, interrupted } = tools;
  let onFatal: (error: Error) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    onFatal = reject;
  });
  try {
    const names = [topics.fleet, topics.demand, topics.directive, topics.operator];
    await requireTopics(connection, names, { place, tools });
    const system = await followSystem({
      connection,
      topics,
      clock,
      onFatal: (error) => onFatal(error),
    });
    try {
      await Promise.race([system.settledIn(interrupted), broken]);
      if (interrupted.aborted) return;
      const look = (): SystemView => viewOf(system.knowledge, system.nowMs());
      await Promise.race([work(look, system.knowledge), broken]);
    } finally {
      await system.stop();
    }
  } catch (error) {
    throw asCommandError(error, place);
  }
}
