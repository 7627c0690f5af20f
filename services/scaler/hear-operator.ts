import type { Known } from '../policy/scaling/observation.ts';
import { operatorKeys, parsePauseWord, parseSpillWord } from '../shared/chunk/operator.ts';
import type { OperatorWords, PauseWord, SpillWord } from '../shared/chunk/operator.ts';
import type { Parsed } from '../shared/chunk/shape.ts';
import type { ReadBatch, ReceivedRecord } from '../shared/kafka/ports.ts';

/** What people said, in every scaler. */
export interface OperatorView {
  apply(batch: ReadBatch): void;
  /**
   * Unknown until the topic was read to its end once, and while one of the words cannot be read. A word
   * does not age: what was heard holds also while the brokers are away.
   */
  read(): Known<OperatorWords>;
}

const pausePrefix = operatorKeys.pause('');

export function createOperatorView(): OperatorView {
  const pools = new Map<string, PauseWord>();
  const problems = new Map<string, string>();
  let spill: SpillWord | null = null;
  let everyPool: PauseWord | null = null;
  let isComplete = false;

  /** The word of a record, `null` where it takes one back, or where it cannot be read. */
  const wordOf = <Word>(
    { key, value, offset }: ReceivedRecord,
    parse: (json: string) => Parsed<Word>,
  ): Word | null => {
    const name = String(key);
    problems.delete(name);
    if (value === null) return null;
    const parsed = parse(value.toString('utf8'));
    if (parsed.ok) return parsed.value;
    problems.set(name, `the word ${name} at offset ${offset} cannot be read: ${parsed.problem}`);
    return null;
  };
  const hear = (record: ReceivedRecord): void => {
    const name = record.key?.toString('utf8') ?? '';
    if (name === operatorKeys.spill) {
      spill = wordOf(record, parseSpillWord);
    } else if (name === operatorKeys.pauseAll) {
      everyPool = wordOf(record, parsePauseWord);
    } else if (name.startsWith(pausePrefix)) {
      const word = wordOf(record, parsePauseWord);
      if (word === null) pools.delete(name.slice(pausePrefix.length));
      else pools.set(name.slice(pausePrefix.length), word);
    }
  };
  return {
    apply({ records, caughtUp }) {
      for (const record of records) hear(record);
      isComplete ||= caughtUp;
    },
    read() {
      if (!isComplete) return { kind: 'unknown', cause: 'what operators said was not read yet' };
      const [problem] = problems.values();
      if (problem !== undefined) return { kind: 'unknown', cause: `${problem}; say it again` };
      return { kind: 'known', value: { spill, everyPool, pools: Object.fromEntries(pools) } };
    },
  };
}
