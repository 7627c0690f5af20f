import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { TopicPlanOptions } from '../../shared/chunk/topic-plan.ts';
import { intakeTopics, laneTopics, outcomeTopics } from '../../shared/chunk/topics.ts';
import type { Topics } from '../../shared/chunk/topics.ts';
import { KafkaPortError } from '../../shared/kafka/ports.ts';
import type { TopicAdmin } from '../../shared/kafka/ports.ts';
import { prepareTopics } from '../../shared/kafka/prepare-topics.ts';
import type { PreparedTopics } from '../../shared/kafka/prepare-topics.ts';
import { CommandError, exitCodesHelp } from '../command-error.ts';
import type { ExitCode } from '../command-error.ts';
import type { CommandTools } from '../command-tools.ts';
import { parseConfig } from '../config.ts';
import { findKafka } from '../kafka-place.ts';
import type { KafkaPlace } from '../kafka-place.ts';
import { asCommandError, requireTopics } from '../reach-kafka.ts';
import { topicTable } from './topic-table.ts';

/** What was not said is left as it is on Kafka, or has its default where there is nothing yet. */
interface EnsureOptions {
  readonly partitionsIntake?: number;
  readonly partitionsGpu?: number;
  readonly partitionsCpu?: number;
  readonly partitionsDone?: number;
  readonly partitionsOutcomes?: number;
  readonly replication?: number;
  readonly json?: true;
}

const examples = `
Creates what is missing, adds partitions where you say a number, sets configuration; never removes
anything. In brackets is what new topics get if you say nothing. Also commits the first offsets of
the groups of dispatcher and workers: after that, a missing offset means loss and stops them. Stop
dispatchers and workers before you add partitions to a running installation.

Each worker needs a partition of every lane of its kind, so a kind never has more busy workers than
its lanes have partitions.

Examples:
  $ spillway topics ensure
  $ spillway topics ensure --partitions-gpu 64 --partitions-cpu 128
  $ KAFKA_BROKERS=localhost:9092 spillway topics ensure --replication 1
${exitCodesHelp}`;

const partitionsMax = 10_000;
const replicationMax = 32;
const replicationDefault = 3;

/** Adds `spillway topics ensure`. */
export function addTopics(
  program: Command,
  tools: CommandTools,
  finish: (code: ExitCode) => void,
): void {
  const topics = program.command('topics').description('Looks after the topics on Kafka.');
  const count = readCount(partitionsMax);
  topics
    .command('ensure')
    .summary('create or adjust all topics, and the first offsets of our groups')
    .description('Creates or adjusts all topics, and commits the first offsets of our groups.')
    .option('--partitions-intake <n>', 'of each intake topic (8)', count)
    .option('--partitions-gpu <n>', 'of each GPU lane: at least the most GPU workers (32)', count)
    .option('--partitions-cpu <n>', 'of each CPU lane: at least the most CPU workers (32)', count)
    .option('--partitions-done <n>', 'of the topic on which workers report (4)', count)
    .option('--partitions-outcomes <n>', 'of results, dead letters and expired each (8)', count)
    .option('--replication <n>', 'copies of each partition (3)', readCount(replicationMax))
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', examples)
    .action(async (options: EnsureOptions) => {
      finish(await ensure(options, tools));
    });
}

function readCount(most: number): (given: string) => number {
  return (given) => {
    const value = /^\d{1,6}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  };
}

async function ensure(options: EnsureOptions, tools: CommandTools): Promise<ExitCode> {
  const config = parseConfig(tools.environment);
  const place = await findKafka(config);
  // A system that runs on one machine has one broker.
  const replication = options.replication ?? (config.brokers === null ? 1 : replicationDefault);
  const connection = tools.connect(place);
  try {
    // Any question will do: it ends soon where the address is wrong.
    await requireTopics(connection, [], { place, tools });
    const admin = await connection.topicAdmin();
    try {
      const partitions = await partitionsOf(admin, options, place.topics);
      const plan = { topics: place.topics, limits: place.limits, partitions, replication };
      show(await prepare(admin, plan, place), options, tools);
      return 0;
    } finally {
      await admin.close();
    }
  } catch (error) {
    throw asCommandError(error, place);
  }
}

/**
 * More partitions than there are is a decision: it needs a pause of dispatchers and workers, so it
 * must not come from a default.
 */
async function partitionsOf(
  admin: TopicAdmin,
  options: EnsureOptions,
  topics: Topics,
): Promise<TopicPlanOptions['partitions']> {
  const classes = {
    intake: intakeTopics(topics),
    gpu: laneTopics(topics, 'gpu'),
    cpu: laneTopics(topics, 'cpu'),
    done: [topics.done],
    outcomes: outcomeTopics(topics),
  };
  const counts = await admin.partitionCounts(Object.values(classes).flat());
  const of = (names: readonly string[], said: number | undefined, otherwise: number): number => {
    const existing = Math.max(0, ...names.map((name) => counts.get(name) ?? 0));
    return said ?? (existing === 0 ? otherwise : existing);
  };
  return {
    intake: of(classes.intake, options.partitionsIntake, 8),
    lane: {
      gpu: of(classes.gpu, options.partitionsGpu, 32),
      cpu: of(classes.cpu, options.partitionsCpu, 32),
    },
    done: of(classes.done, options.partitionsDone, 4),
    outcomes: of(classes.outcomes, options.partitionsOutcomes, 8),
  };
}

async function prepare(
  admin: TopicAdmin,
  plan: TopicPlanOptions,
  place: KafkaPlace,
): Promise<PreparedTopics> {
  try {
    return await prepareTopics(admin, plan);
  } catch (error) {
    if (!(error instanceof KafkaPortError)) throw error;
    if (!/replication.?factor/i.test(error.message)) throw asCommandError(error, place);
    const message =
      `the cluster has fewer than ${plan.replication} brokers; ` +
      'add brokers, or for a trial use --replication 1';
    throw new CommandError('usage', message, error);
  }
}

function show(report: PreparedTopics, options: EnsureOptions, { terminal }: CommandTools): void {
  if (options.json === true) {
    terminal.print(JSON.stringify(report));
    return;
  }
  for (const line of topicTable(report, terminal.colours)) terminal.print(line);
}
