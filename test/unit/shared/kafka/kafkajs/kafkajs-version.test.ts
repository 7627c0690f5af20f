import { describe, expect, it } from 'vitest';
import {
  knownKafkajsVersion,
  requireKnownKafkajs,
} from '../../../../../services/shared/kafka/kafkajs/kafkajs-version.ts';

describe('the version of kafkajs', () => {
  it('that is installed is the one whose internals are known', () => {
    expect(() => requireKnownKafkajs()).not.toThrow();
  });

  it('is refused when it is another, with what to do', () => {
    expect(() => requireKnownKafkajs('2.3.0')).toThrow(
      `kafkajs 2.3.0 is installed, but this adapter stands on internals of ${knownKafkajsVersion}: ` +
        `install kafkajs ${knownKafkajsVersion}, or compare every module`,
    );
  });
});
