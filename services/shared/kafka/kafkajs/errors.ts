import { KafkaPortError } from '../ports.ts';
import type { KafkaErrorCode } from '../ports.ts';

/** Protocol errors that say: look up who leads, or wait a moment, and ask again. */
const passingTypes: readonly string[] = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REQUEST_TIMED_OUT',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'BROKER_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
  // Bytes that broke on their way; the copy on the broker is whole.
  'CORRUPT_MESSAGE',
];

const codeByType: Readonly<Record<string, KafkaErrorCode>> = {
  INVALID_PRODUCER_EPOCH: 'fenced',
  INVALID_PRODUCER_ID_MAPPING: 'fenced',
  TRANSACTION_COORDINATOR_FENCED: 'fenced',
  ILLEGAL_GENERATION: 'ownership-lost',
  UNKNOWN_MEMBER_ID: 'ownership-lost',
  REBALANCE_IN_PROGRESS: 'ownership-lost',
  FENCED_INSTANCE_ID: 'ownership-lost',
  MESSAGE_TOO_LARGE: 'record-too-large',
  RECORD_LIST_TOO_LARGE: 'record-too-large',
  INVALID_TOPIC_EXCEPTION: 'topic-missing',
  TOPIC_AUTHORIZATION_FAILED: 'unauthorized',
  GROUP_AUTHORIZATION_FAILED: 'unauthorized',
  CLUSTER_AUTHORIZATION_FAILED: 'unauthorized',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'unauthorized',
  SASL_AUTHENTICATION_FAILED: 'unauthorized',
  UNSUPPORTED_SASL_MECHANISM: 'unauthorized',
  ILLEGAL_SASL_STATE: 'unauthorized',
  SECURITY_DISABLED: 'unauthorized',
};

/** Errors of kafkajs itself that mean: no broker, no answer, or not known yet who to ask. */
const unreachableNames: readonly string[] = [
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSLockTimeout',
  'KafkaJSTimeout',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
];

/** `PRODUCER_FENCED` is newer than kafkajs's list, which knows it only by its number. */
const producerFencedCode = 90;

/**
 * What an error from below means for our callers. `doing` says what was tried (`committing offsets
 * of group g`). Total; what is not known is `unexpected`, never worth another try.
 */
export function kafkaError(error: unknown, doing: string): KafkaPortError {
  if (error instanceof KafkaPortError) return error;
  const causes = causesOf(error);
  const code = causes.map(codeOf).find((found) => found !== null) ?? 'unexpected';
  const text = causes.map((cause) => cause.message).at(-1) ?? String(error);
  return new KafkaPortError(code, `${doing} failed: ${text}${adviceFor(code)}`, error);
}

/** Whether Kafka answered with this error (its name in the protocol), at any depth of causes. */
export function isProtocolError(error: unknown, ...types: readonly string[]): boolean {
  return causesOf(error).some((cause) => types.includes(typeOf(cause)));
}

/** kafkajs wraps an error in another when it stops trying; the inmost says most, so it comes last. */
function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && !causes.includes(cause); cause = cause.cause) {
    causes.push(cause);
  }
  return causes;
}

function codeOf(error: Error): KafkaErrorCode | null {
  if (error instanceof KafkaPortError) return error.code;
  const type = typeOf(error);
  if (passingTypes.includes(type)) return 'unreachable';
  const known = codeByType[type];
  if (known !== undefined) return known;
  if (error.message.includes(`Unknown error code ${producerFencedCode}`)) return 'fenced';
  if (error.name === 'KafkaJSSASLAuthenticationError') return 'unauthorized';
  return unreachableNames.includes(error.name) ? 'unreachable' : null;
}

const typeOf = (error: Error): string =>
  'type' in error && typeof error.type === 'string' ? error.type : '';

function adviceFor(code: KafkaErrorCode): string {
  switch (code) {
    case 'unreachable':
      return ' (is the broker up, and is its address right?)';
    case 'unauthorized':
      return ' (check the credentials and the access lists of this program)';
    case 'record-too-large':
      return " (raise the topic's max.message.bytes, or run `spillway topics ensure`)";
    case 'topic-missing':
      return ' (run `spillway topics ensure`)';
    case 'fenced':
    case 'ownership-lost':
    case 'progress-lost':
    case 'unexpected':
      return '';
  }
}
