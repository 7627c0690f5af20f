import kafkajs from 'kafkajs';
import protocolErrors from 'kafkajs/src/protocol/error.js';
import { describe, expect, it } from 'vitest';
import {
  isProtocolError,
  kafkaError,
} from '../../../../../services/shared/kafka/kafkajs/errors.ts';
import { KafkaPortError } from '../../../../../services/shared/kafka/ports.ts';
import type { KafkaErrorCode } from '../../../../../services/shared/kafka/ports.ts';

const { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded } = kafkajs;

const codeOf = (error: unknown): KafkaErrorCode => kafkaError(error, 'trying').code;

describe('foreign errors', () => {
  it('that Kafka names mean what our callers must do', () => {
    const expected: readonly (readonly [number, KafkaErrorCode])[] = [
      [3, 'unreachable'],
      [6, 'unreachable'],
      [10, 'record-too-large'],
      [16, 'unreachable'],
      [22, 'ownership-lost'],
      [25, 'ownership-lost'],
      [27, 'ownership-lost'],
      [29, 'unauthorized'],
      [47, 'fenced'],
      [51, 'unreachable'],
      [90, 'fenced'],
      [45, 'unexpected'],
      [-1, 'unexpected'],
      [9999, 'unexpected'],
    ];
    for (const [code, meaning] of expected) {
      expect([code, codeOf(protocolErrors.createErrorFromCode(code))]).toEqual([code, meaning]);
    }
  });

  it('that nobody knows are unexpected, which is never worth another try', () => {
    for (const unknown of [new Error('odd'), new TypeError('bug'), 'text', null, undefined, 7]) {
      const error = kafkaError(unknown, 'trying');
      expect([error.code, error.retriable, error.cause]).toEqual(['unexpected', false, unknown]);
    }
  });

  it('are recognised inside what kafkajs wraps around them', () => {
    const inner = protocolErrors.createErrorFromCode(25);
    const wrapped = new KafkaJSNumberOfRetriesExceeded(inner, { retryCount: 1, retryTime: 1 });
    expect(codeOf(wrapped)).toBe('ownership-lost');
    expect(isProtocolError(wrapped, 'UNKNOWN_MEMBER_ID')).toBe(true);
    expect(isProtocolError(wrapped, 'ILLEGAL_GENERATION')).toBe(false);
    expect(codeOf(new KafkaJSConnectionError('gone', { broker: 'b:1' }))).toBe('unreachable');
  });

  it('say in one line what was tried, why it failed and what to do', () => {
    const { message } = kafkaError(protocolErrors.createErrorFromCode(29), 'reading a/0');
    expect(message).toBe(
      'reading a/0 failed: Not authorized to access topics: [Topic authorization failed] ' +
        '(check the credentials and the access lists of this program)',
    );
  });

  it('pass unchanged when they are ours, and loops of causes end', () => {
    const own = new KafkaPortError('fenced', 'ours');
    expect(kafkaError(own, 'trying')).toBe(own);
    const loop = new Error('loop');
    loop.cause = loop;
    expect(codeOf(loop)).toBe('unexpected');
  });
});
