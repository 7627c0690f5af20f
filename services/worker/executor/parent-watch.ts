import { Socket } from 'node:net';

/**
 * Kills this process when the other end of its standard input is gone, which is when its parent is.
 * Runs in a thread of its own: while a decoder hangs in native code, the main thread hears nothing,
 * and the orphan would keep its core and its GPU for ever. Costs nothing while nothing happens.
 */
export function dieWithParent(): void {
  const die = (): void => {
    process.kill(process.pid, 'SIGKILL');
  };
  const input = new Socket({ fd: 0, readable: true, writable: false });
  input.on('end', die);
  input.on('error', die);
  input.resume();
}
