import net from 'node:net';
import Connection from 'kafkajs/src/network/connection.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cureConnection } from '../../../../../services/shared/kafka/kafkajs/connection-cure.ts';

class StockConnection extends Connection {}
class CuredConnection extends Connection {}
cureConnection(CuredConnection);
cureConnection(CuredConnection);

const silent = (): void => undefined;
const logger = {
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  namespace: () => logger,
};

describe('the cure of kafkajs’s connections', () => {
  let server: net.Server;
  let port = 0;
  const opened: net.Socket[] = [];

  beforeEach(async () => {
    server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });

  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  function connectionOf(connectionClass: typeof Connection): Connection {
    return new connectionClass({
      host: '127.0.0.1',
      port,
      logger,
      connectionTimeout: 1000,
      requestTimeout: 1000,
      enforceRequestTimeout: false,
      socketFactory: ({ onConnect }: { onConnect: () => void }) => {
        const socket = net.connect({ host: '127.0.0.1', port }, onConnect);
        opened.push(socket);
        return socket;
      },
    });
  }

  async function socketsOfTwoCallers(connection: Connection): Promise<number> {
    await Promise.all([connection.connect(), connection.connect()]);
    return opened.length;
  }

  it('is needed: two callers of a stock connection open two sockets', async () => {
    expect(await socketsOfTwoCallers(connectionOf(StockConnection))).toBe(2);
  });

  it('gives two callers the same socket', async () => {
    expect(await socketsOfTwoCallers(connectionOf(CuredConnection))).toBe(1);
  });

  async function canWriteAfterReconnect(connection: Connection): Promise<boolean> {
    await connection.connect();
    const [disconnected] = await Promise.all([connection.disconnect(), connection.connect()]);
    return disconnected && connection.isConnected() && connection.socket?.writable === true;
  }

  it('is needed: a stock disconnect ends the socket that was opened after it', async () => {
    expect(await canWriteAfterReconnect(connectionOf(StockConnection))).toBe(false);
  });

  it('lets a connect wait for a disconnect, so that its socket stays open', async () => {
    expect(await canWriteAfterReconnect(connectionOf(CuredConnection))).toBe(true);
  });

  async function isConnectedAfterFormerBreaks(connection: Connection): Promise<boolean> {
    await connection.connect();
    await connection.disconnect();
    await connection.connect();
    opened[0]?.emit('error', new Error('a late event'));
    await new Promise<void>((resolve) => process.nextTick(resolve));
    return connection.isConnected();
  }

  it('is needed: an event of a former socket breaks a stock connection', async () => {
    expect(await isConnectedAfterFormerBreaks(connectionOf(StockConnection))).toBe(false);
  });

  it('keeps events of a former socket from the present one', async () => {
    expect(await isConnectedAfterFormerBreaks(connectionOf(CuredConnection))).toBe(true);
  });
});
