import type Cluster from 'kafkajs/src/cluster/index.js';
import { ByteWriter } from './byte-writer.ts';

/** A request of ours, past kafkajs's encoder. */
export interface RequestInPieces {
  readonly apiKey: number;
  readonly apiName: string;
  readonly apiVersion: number;
  /** The body, behind the request's header. */
  readonly pieces: readonly Buffer[];
}

/**
 * Sends a request over the connection that does not fetch, and returns the body of its answer.
 * kafkajs's own way copies a request twice more, each time into memory that it fills with zeros
 * first; what is due to order, time-outs and broken connections is left to its queue.
 */
export async function sendPieces(
  broker: Cluster.Broker,
  { apiKey, apiName, apiVersion, pieces }: RequestInPieces,
): Promise<Buffer> {
  const connection = await broker.connectionPool.getConnection();
  if (!connection.isAuthenticated()) await connection.authenticate();
  connection.failIfNotConnected();
  const correlationId = connection.nextCorrelationId();
  const header = requestHeader(connection.clientId, { apiKey, apiVersion, correlationId, pieces });
  const { payload } = await new Promise<{ readonly payload: Buffer }>((resolve, reject) => {
    const entry = { apiKey, apiName, apiVersion, correlationId, resolve, reject };
    const sendRequest = (): void => {
      const { socket } = connection;
      // Together in as few packets as possible.
      socket?.cork();
      for (const piece of [header, ...pieces]) socket?.write(piece);
      socket?.uncork();
    };
    connection.requestQueue.push({
      entry,
      expectResponse: true,
      requestTimeout: null,
      sendRequest,
    });
  });
  return payload;
}

const int32Bytes = 4;
const headerBytesBeforeClient = 10;

function requestHeader(
  clientId: string,
  request: Pick<RequestInPieces, 'apiKey' | 'apiVersion' | 'pieces'> & {
    readonly correlationId: number;
  },
): Buffer {
  const clientBytes = Buffer.byteLength(clientId);
  const headerBytes = headerBytesBeforeClient + clientBytes;
  const bodyBytes = request.pieces.reduce((sum, { length }) => sum + length, 0);
  const writer = new ByteWriter(int32Bytes + headerBytes);
  writer.int32(headerBytes + bodyBytes);
  writer.int16(request.apiKey);
  writer.int16(request.apiVersion);
  writer.int32(request.correlationId);
  writer.int16(clientBytes);
  writer.text(clientId, clientBytes);
  return writer.written();
}
