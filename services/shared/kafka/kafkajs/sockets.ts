import net from 'node:net';
import tls from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const keepAliveMs = 60_000;

/** Opens the sockets of one client, and can cut them all. */
export class Sockets {
  /** What kafkajs may be told, in place of the addresses that were given. */
  readonly seeds: readonly string[];
  readonly #hosts: ReadonlyMap<string, string>;
  readonly #ssl: tls.ConnectionOptions | boolean;
  readonly #open = new Set<net.Socket>();

  constructor(brokers: readonly string[], ssl: tls.ConnectionOptions | boolean) {
    const hosts = new Map<string, string>();
    this.seeds = brokers.map((address, index) => nameFor(address, index, hosts));
    this.#hosts = hosts;
    this.#ssl = ssl;
  }

  readonly factory: ISocketFactory = ({ host: name, port, onConnect }) => {
    const host = this.#hosts.get(name) ?? name;
    const place = { host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}) };
    const socket =
      this.#ssl === false
        ? net.connect({ host, port }, onConnect)
        : tls.connect({ ...place, ...(this.#ssl === true ? {} : this.#ssl) }, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    socket.setNoDelay(true);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  /** Destroying with an error makes kafkajs fail the requests that still wait. */
  cut(): void {
    for (const socket of this.#open) socket.destroy(new Error('the Kafka connection was closed'));
  }
}

/** kafkajs cuts an address at its first colon, so `[::1]:9092` goes by a name without any. */
function nameFor(address: string, index: number, hosts: Map<string, string>): string {
  const match = /^\[([^\]]+)\]:(\d+)$/.exec(address);
  if (match?.[1] === undefined) return address;
  const name = `seed-${index}`;
  hosts.set(name, match[1]);
  return `${name}:${match[2] ?? ''}`;
}
