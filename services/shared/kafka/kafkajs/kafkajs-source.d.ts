/**
 * The parts of kafkajs 2.2.4 below its public interface that the adapter stands on, typed as far as
 * they are used. `kafkajs-version.ts` refuses any other version, for which this page may be untrue.
 */

declare module 'kafkajs/src/cluster/index.js' {
  import type { ISocketFactory, Logger, SASLOptions } from 'kafkajs';
  import type Connection from 'kafkajs/src/network/connection.js';
  import type { ConnectionOptions } from 'node:tls';

  /** One client's view of the brokers, with two connections to each: one fetches, one does the rest. */
  class Cluster {
    constructor(options: Cluster.Options);
    readonly brokerPool: { findConnectedBroker(): Promise<Cluster.Broker> };
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    refreshMetadata(): Promise<void>;
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
    findTopicPartitionMetadata(topic: string): readonly Cluster.PartitionMetadata[];
    findBroker(node: { readonly nodeId: number }): Promise<Cluster.Broker>;
  }
  namespace Cluster {
    interface Options {
      readonly logger: Logger;
      readonly brokers: readonly string[];
      readonly ssl: ConnectionOptions | boolean | undefined;
      readonly sasl: SASLOptions | undefined;
      readonly clientId: string;
      readonly connectionTimeout: number;
      readonly authenticationTimeout: number;
      readonly reauthenticationThreshold: number;
      readonly requestTimeout: number;
      readonly enforceRequestTimeout: boolean;
      readonly metadataMaxAge: number;
      readonly retry: { readonly retries: number };
      readonly allowAutoTopicCreation: boolean;
      readonly maxInFlightRequests: number | null;
      readonly isolationLevel: number;
      readonly socketFactory: ISocketFactory;
    }
    interface PartitionMetadata {
      readonly partitionErrorCode: number;
      readonly partitionId: number;
      /** Below 0 while the partition has none. */
      readonly leader: number;
      readonly replicas: number[];
      readonly isr: number[];
    }
    interface ProtocolRequest {
      readonly request: unknown;
      readonly response: {
        decode(payload: Buffer): Promise<unknown>;
        parse(decoded: never): Promise<unknown>;
      };
      readonly requestTimeout?: number;
    }
    interface TopicsOf<P> {
      readonly topic: string;
      readonly partitions: readonly P[];
    }
    interface Member {
      readonly memberId: string;
      readonly memberMetadata: Buffer;
    }
    interface Producer {
      readonly producerId: string;
      readonly producerEpoch: number;
    }
    interface OffsetToCommit {
      readonly partition: number;
      readonly offset: number;
      readonly metadata: string;
    }
    interface Broker {
      readonly nodeId: number;
      /** Highest versions by API key, known once connected. */
      readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null;
      readonly connectionPool: {
        /** The connection that does not fetch, connected. */
        getConnection(): Promise<Connection>;
        send<Answer>(protocol: {
          readonly request: unknown;
          readonly response: {
            decode(payload: Buffer): Promise<Answer>;
            parse(decoded: Answer): Promise<Answer>;
          };
          readonly requestTimeout?: number;
        }): Promise<Answer>;
      };
      isConnected(): boolean;
      findGroupCoordinator(request: {
        readonly groupId: string;
        readonly coordinatorType: number;
      }): Promise<{ readonly coordinator: { readonly nodeId: number } }>;
      joinGroup(request: {
        readonly groupId: string;
        readonly sessionTimeout: number;
        readonly rebalanceTimeout: number;
        readonly memberId: string;
        readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
      }): Promise<{
        readonly generationId: number;
        readonly leaderId: string;
        readonly memberId: string;
        readonly members: readonly Member[];
      }>;
      syncGroup(request: {
        readonly groupId: string;
        readonly generationId: number;
        readonly memberId: string;
        readonly groupAssignment: readonly {
          readonly memberId: string;
          readonly memberAssignment: Buffer;
        }[];
      }): Promise<{ readonly memberAssignment: Buffer }>;
      heartbeat(request: {
        readonly groupId: string;
        readonly groupGenerationId: number;
        readonly memberId: string;
      }): Promise<unknown>;
      leaveGroup(request: {
        readonly groupId: string;
        readonly memberId: string;
      }): Promise<unknown>;
      offsetCommit(request: {
        readonly groupId: string;
        readonly groupGenerationId: number;
        readonly memberId: string;
        readonly topics: readonly TopicsOf<OffsetToCommit>[];
      }): Promise<unknown>;
      offsetFetch(request: {
        readonly groupId: string;
        readonly topics: readonly TopicsOf<{ readonly partition: number }>[];
      }): Promise<{
        readonly responses: readonly TopicsOf<{
          readonly partition: number;
          readonly offset: string;
          readonly metadata: string | null;
        }>[];
      }>;
      listOffsets(request: {
        readonly isolationLevel: number;
        readonly topics: readonly TopicsOf<{
          readonly partition: number;
          readonly timestamp: number;
        }>[];
      }): Promise<{
        readonly responses: readonly TopicsOf<{
          readonly partition: number;
          readonly offset: string;
        }>[];
      }>;
      initProducerId(request: {
        readonly transactionalId: string | undefined;
        readonly transactionTimeout: number;
      }): Promise<Producer>;
      addPartitionsToTxn(
        request: Producer & {
          readonly transactionalId: string;
          readonly topics: readonly TopicsOf<number>[];
        },
      ): Promise<unknown>;
      addOffsetsToTxn(
        request: Producer & { readonly transactionalId: string; readonly groupId: string },
      ): Promise<unknown>;
      txnOffsetCommit(
        request: Producer & {
          readonly transactionalId: string;
          readonly groupId: string;
          readonly topics: readonly TopicsOf<OffsetToCommit>[];
        },
      ): Promise<unknown>;
      endTxn(
        request: Producer & {
          readonly transactionalId: string;
          readonly transactionResult: boolean;
        },
      ): Promise<unknown>;
    }
  }
  export default Cluster;
}

declare module 'kafkajs/src/loggers/index.js' {
  import type { Logger, logCreator } from 'kafkajs';

  const loggers: {
    createLogger(options: { readonly level: number; readonly logCreator: logCreator }): Logger;
  };
  export default loggers;
}

declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';
  import type RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

  class Connection {
    constructor(options: Readonly<Record<string, unknown>>);
    readonly clientId: string;
    readonly requestQueue: RequestQueue;
    /** The newest one, also when it has ended. */
    readonly socket: Socket | undefined;
    isConnected(): boolean;
    connect(): Promise<boolean>;
    disconnect(): Promise<boolean>;
    /** Always false where no login is needed. */
    isAuthenticated(): boolean;
    /** Logs in if that is needed; several callers share one login. */
    authenticate(): Promise<void>;
    /** Throws kafkajs's error, which is retriable. */
    failIfNotConnected(): void;
    nextCorrelationId(): number;
  }
  export default Connection;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  class RequestQueue {
    constructor(options: Readonly<Record<string, unknown>>);
    readonly pending: readonly unknown[];
    /** Epoch milliseconds until which the broker wants no requests. */
    throttledUntil: number;
    /** Not null while a check is due; `destroy` clears it as a timer, which ignores what is none. */
    throttleCheckTimeoutId: unknown;
    push(request: {
      readonly entry: {
        readonly correlationId: number;
        resolve(answer: { readonly payload: Buffer }): void;
        reject(error: Error): void;
      };
      readonly expectResponse: boolean;
      readonly requestTimeout: number | null;
      sendRequest(): void;
    }): void;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
    destroy(): void;
  }
  export default RequestQueue;
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/request.js' {
  const fetchRequest: (options: {
    readonly replicaId: number;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: number;
        readonly maxBytes: number;
      }[];
    }[];
  }) => unknown;
  export default fetchRequest;
}

declare module 'kafkajs/src/protocol/error.js' {
  const protocolErrors: {
    createErrorFromCode(code: number): Error & { readonly type: string; readonly code: number };
  };
  export default protocolErrors;
}

declare module 'kafkajs/src/consumer/filterAbortedMessages.js' {
  interface Message {
    readonly offset: string;
    readonly key: Buffer | null;
    readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
  }
  const filterAbortedMessages: (fetched: {
    readonly messages: readonly Message[];
    readonly abortedTransactions: readonly {
      readonly producerId: string;
      readonly firstOffset: string;
    }[];
  }) => readonly Message[];
  export default filterAbortedMessages;
}
