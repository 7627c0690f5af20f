import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { Sockets } from '../../../../../services/shared/kafka/kafkajs/sockets.ts';

describe('sockets', () => {
  it('leave addresses as they are, except those with colons of their own', () => {
    const given = ['broker-1:9092', '10.0.0.7:9093', '[2001:db8::7]:9094'];
    const { seeds } = new Sockets(given, false);
    expect(seeds).toEqual(['broker-1:9092', '10.0.0.7:9093', 'seed-2:9094']);
    // What kafkajs makes of them.
    expect(seeds.every((seed) => seed.split(':').length === 2)).toBe(true);
  });

  it('reach an address in brackets by its name, and fail whoever waits when they are cut', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const sockets = new Sockets([`[127.0.0.1]:${port}`], false);
    const [name = ''] = sockets.seeds[0]?.split(':') ?? [];
    const broken = await new Promise<Error>((resolve) => {
      const socket = sockets.factory({ host: name, port, ssl: {}, onConnect: () => sockets.cut() });
      socket.once('error', resolve);
    });
    expect(broken.message).toBe('the Kafka connection was closed');
    await new Promise((resolve) => server.close(resolve));
  });
});
