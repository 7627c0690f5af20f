import { intakeTopics, outcomeTopics } from '../../shared/chunk/topics.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import type { KafkaConnection } from '../../shared/kafka/ports.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import { findKafka } from '../kafka-place.ts';
import { asCommandError, requireTopics } from '../reach-kafka.ts';

export interface LettersPlace {
  readonly connection: KafkaConnection;
  readonly topics: Topics;
}

/** Runs `work` on the installation that is meant. @throws CommandError */
export async function withLetters(
  tools: CommandTools,
  work: (place: LettersPlace) => Promise<ExitCode>,
): Promise<ExitCode> {
  const place = await findKafka(parseConfig(tools.environment));
  const { topics } = place;
  const connection = tools.connect(place);
  try {
    const names = [...outcomeTopics(topics), ...intakeTopics(topics)];
    await requireTopics(connection, names, { place, tools });
    return await work({ connection, topics });
  } catch (error) {
    throw asCommandError(error, place);
  }
}
