import { join } from 'node:path';
import { Client, credentials, status } from '@grpc/grpc-js';
import type { ChannelCredentials, ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { MethodDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { projectFolder } from '../../../services/local/project-folder.ts';

/** What KEDA says of one trigger: nothing but its metadata matters to us. */
export interface Asked {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An answer, or the gRPC code and line of a refusal. */
export type Told = object | { readonly code: string; readonly line: string };

/** What one poll of KEDA gets: it asks these three in this order. */
export interface Poll {
  readonly spec: Told;
  readonly metrics: Told;
  readonly isActive: Told;
}

/** KEDA as far as a server can tell, by a contract of its own. */
export interface KedaClient {
  poll(asked: Asked): Promise<Poll>;
  call(method: string, request: object): Promise<Told>;
  stream(method: string, asked: Asked): StreamOfTold;
  close(): void;
}

export interface StreamOfTold {
  /** The next word, or how the stream ended. */
  next(): Promise<Told>;
  cancel(): void;
}

export const refOf = ({ name, metadata }: Asked): object => ({
  name,
  namespace: 'spillway',
  scalerMetadata: { scalerAddress: 'scaler:9091', ...metadata },
});

export function kedaClient(
  address: string,
  security: ChannelCredentials = credentials.createInsecure(),
): KedaClient {
  const service = contract();
  const client = new Client(address, security, {
    // A certificate that rotated must show at the next call, not at the next connection of a pool.
    'grpc.use_local_subchannel_pool': 1,
  });
  const methodOf = (name: string): MethodDefinition<object, object> => {
    const method = service[name];
    if (method === undefined) throw new Error(`the contract has no method ${name}`);
    return method;
  };
  const call = (name: string, request: object): Promise<Told> => {
    const { path, requestSerialize, responseDeserialize } = methodOf(name);
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        (error, answer) => resolve(error === null ? (answer ?? {}) : refusalOf(error)),
      );
    });
  };
  return {
    call,
    async poll(asked) {
      const ref = refOf(asked);
      const spec = await call('GetMetricSpec', ref);
      const metrics = await call('GetMetrics', { scaledObjectRef: ref, metricName: 'workers' });
      return { spec, metrics, isActive: await call('IsActive', ref) };
    },
    stream(name, asked) {
      const { path, requestSerialize, responseDeserialize } = methodOf(name);
      return told(
        client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, refOf(asked)),
      );
    },
    close: () => client.close(),
  };
}

function told(call: ClientReadableStream<object>): StreamOfTold {
  const words: Told[] = [];
  const waiting: ((word: Told) => void)[] = [];
  const hear = (word: Told): void => {
    const first = waiting.shift();
    if (first === undefined) words.push(word);
    else first(word);
  };
  call.on('data', hear);
  call.on('error', (error: ServiceError) => hear(refusalOf(error)));
  call.on('end', () => hear({ code: 'END', line: 'the stream ended' }));
  return {
    next: () => {
      const word = words.shift();
      if (word !== undefined) return Promise.resolve(word);
      return new Promise((resolve) => waiting.push(resolve));
    },
    cancel: () => call.cancel(),
  };
}

const refusalOf = ({ code, details }: ServiceError): Told => ({
  code: status[code],
  line: details,
});

function contract(): ServiceDefinition {
  const file = join(projectFolder(), 'test/support/keda/externalscaler.proto');
  const loaded = loadSync(file, { keepCase: true, longs: Number, defaults: true });
  return loaded['externalscaler.ExternalScaler'] as ServiceDefinition;
}
