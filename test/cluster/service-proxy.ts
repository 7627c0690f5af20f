import { connect, createServer, type Server, type Socket } from 'node:net';
import type { V1Pod } from '@kubernetes/client-node';
import { systemRandom } from '../../services/shared/clock/system.ts';
import { findFreePorts } from '../../services/local/broker/free-ports.ts';
import type { ClusterClient, ClusterObject } from '../support/kubernetes/cluster-client.ts';
import { Following } from '../support/kubernetes/follow.ts';

export interface ServiceProxyOptions {
  readonly client: ClusterClient;
  readonly namespace: string;
  /** `app=web,tier=front` */
  readonly selector: string;
  /** Of the pods. */
  readonly targetPort: number;
}

type FollowedPod = V1Pod & ClusterObject;

/** What kube-proxy does for one Service: passes each connection on to one of its ready pods. */
export class ServiceProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pods: Following<FollowedPod>;
  readonly #sockets = new Set<Socket>();
  readonly #options: ServiceProxyOptions;
  #turn = 0;

  static async open(options: ServiceProxyOptions): Promise<ServiceProxy> {
    const [port = 0] = await findFreePorts(1, systemRandom);
    const proxy = new ServiceProxy(options, port);
    await new Promise<void>((resolve) => {
      proxy.#server.listen({ port, host: '127.0.0.1' }, resolve);
    });
    return proxy;
  }

  private constructor(options: ServiceProxyOptions, port: number) {
    this.port = port;
    this.#options = options;
    this.#pods = new Following<FollowedPod>({
      client: options.client,
      path: `/api/v1/namespaces/${options.namespace}/pods?labelSelector=${encodeURIComponent(options.selector)}`,
      onChanged: () => undefined,
      onGone: () => undefined,
    });
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await this.#pods.stop();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(incoming: Socket): void {
    const ready = this.#readyAddresses();
    const host = ready[this.#turn % Math.max(1, ready.length)];
    this.#turn += 1;
    if (host === undefined) {
      incoming.resetAndDestroy();
      return;
    }
    const outgoing = connect({ host, port: this.#options.targetPort });
    this.#join(incoming, outgoing);
    this.#join(outgoing, incoming);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  #readyAddresses(): readonly string[] {
    return this.#pods
      .items()
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .filter(({ status }) =>
        status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      )
      .map(({ status }) => status?.podIP ?? '')
      .toSorted();
  }
}
