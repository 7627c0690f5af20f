import type { PreparedTopics } from '../../shared/kafka/prepare-topics.ts';
import type { Colours } from '../terminal.ts';

/** One line for each topic, its warnings below it, and one line for the offsets. */
export function topicTable(report: PreparedTopics, colours: Colours): readonly string[] {
  const rows = [
    ['TOPIC', 'PARTITIONS', 'DONE'] as const,
    ...report.topics.map(
      ({ topic, partitions, action }) => [topic, String(partitions), action] as const,
    ),
  ];
  const width = Math.max(...rows.map(([topic]) => topic.length));
  const lines = rows.map(
    ([topic, partitions, action]) =>
      `${topic.padEnd(width)}  ${partitions.padStart(10)}  ${action}`,
  );
  const [head, ...body] = lines;
  return [
    colours.quiet(head ?? ''),
    ...body.flatMap((line, index) => [
      line,
      ...(report.topics[index]?.warnings ?? []).map((warning) => colours.bad(`  ${warning}`)),
    ]),
    report.offsetsSet === 0
      ? 'first offsets of our groups: all were there'
      : `first offsets of our groups: ${report.offsetsSet} committed`,
  ];
}
