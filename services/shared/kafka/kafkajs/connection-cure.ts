import type { Socket } from 'node:net';
import Connection from 'kafkajs/src/network/connection.js';

type Act = (this: Connection) => Promise<boolean>;

/**
 * kafkajs lets the sockets of one connection act on each other: two requests that find it closed
 * open two sockets; a disconnect that is still under way ends the socket that was opened after it;
 * and events of a socket that was given up fail the requests of the next one. So: one connect at a
 * time, after any disconnect, and with the former socket silenced. Idempotent; replaces the methods
 * for the process.
 */
export function cureConnection(connectionClass: typeof Connection = Connection): void {
  const { connect, disconnect }: { connect: Act; disconnect: Act } = connectionClass.prototype;
  if (cured.has(connectionClass)) return;
  cured.add(connectionClass);
  const connecting = new WeakMap<Connection, Promise<boolean>>();
  const disconnecting = new WeakMap<Connection, Promise<boolean>>();

  connectionClass.prototype.disconnect = function disconnectOnce(this: Connection) {
    return once(disconnecting, this, async () => {
      const isDone = await disconnect.call(this);
      // Each disconnect of a dead socket leaves a listener on it, and kafkajs does it again and again.
      if (this.socket?.destroyed === true) this.socket.removeAllListeners('connect');
      return isDone;
    });
  };

  connectionClass.prototype.connect = function connectOnce(this: Connection) {
    return once(connecting, this, async () => {
      // Before the look at the state: kafkajs counts what disconnects as connected.
      await disconnecting.get(this)?.catch(() => undefined);
      if (this.isConnected()) return true;
      silence(this.socket);
      return connect.call(this);
    });
  };
}

const cured = new WeakSet<typeof Connection>();

function once(
  ongoing: WeakMap<Connection, Promise<boolean>>,
  connection: Connection,
  act: () => Promise<boolean>,
): Promise<boolean> {
  const running = ongoing.get(connection);
  if (running !== undefined) return running;
  const begun = act().finally(() => ongoing.delete(connection));
  ongoing.set(connection, begun);
  return begun;
}

function silence(former: Socket | undefined): void {
  if (former === undefined) return;
  for (const event of ['connect', 'secureConnect', 'data', 'end', 'error', 'timeout']) {
    former.removeAllListeners(event);
  }
  // A socket without such a listener ends the process when it breaks.
  former.on('error', () => undefined);
  former.destroy();
}
