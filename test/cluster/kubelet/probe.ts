import { request } from 'node:http';
import { connect } from 'node:net';
import type { V1Container, V1Probe } from '@kubernetes/client-node';

/** Where a container answers. */
export interface ProbePlace {
  readonly container: V1Container;
  readonly ip: string;
}

/** Whether the container answers as the probe wants it, once. */
export function probeOnce(probe: V1Probe, place: ProbePlace): Promise<boolean> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined) {
    const { host, path = '/', port } = probe.httpGet;
    const url = `http://${host ?? place.ip}:${portNumber(place.container, port)}${path}`;
    return answersWell(url, timeoutMs);
  }
  if (probe.tcpSocket !== undefined) {
    const port = portNumber(place.container, probe.tcpSocket.port);
    return connects({ host: probe.tcpSocket.host ?? place.ip, port }, timeoutMs);
  }
  throw new Error(
    `the small kubelet knows probes by HTTP and TCP, not that of ${place.container.name}`,
  );
}

/** @throws Error for a name that none of the container's ports has. */
function portNumber(container: V1Container, port: number | string): number {
  if (typeof port === 'number') return port;
  const found = container.ports?.find(({ name }) => name === port)?.containerPort;
  if (found === undefined) throw new Error(`${container.name} has no port ${port}`);
  return found;
}

function answersWell(url: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(url, { timeout: timeoutMs, agent: false }, (answer) => {
      answer.resume();
      resolve((answer.statusCode ?? 0) >= 200 && (answer.statusCode ?? 0) < 400);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function connects(
  place: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...place, timeout: timeoutMs });
    const end = (isConnected: boolean): void => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
