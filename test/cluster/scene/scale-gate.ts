import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { clusterForTests } from './scene.ts';

/** One write of a size that went through. */
export interface PassedWrite {
  readonly path: string;
  /** The resource version that the writer had read, and the size that it wrote. */
  readonly body: string;
  readonly status: number;
}

interface HeldWrite {
  readonly arrived: Promise<void>;
  /** Lets it go on to the API server. Resolves with the status that it got. */
  release(): Promise<number>;
}

/** Stands between the scalers of a release and the API server; can hold a write of a size. */
export class ScaleGate {
  readonly passed: PassedWrite[] = [];
  readonly #server: Server;
  readonly #agent: Agent;
  #hold: ((pass: () => Promise<number>) => void) | null = null;

  static async open(): Promise<ScaleGate> {
    const gate = new ScaleGate();
    await new Promise<void>((resolve) => {
      gate.#server.listen({ port: 0, host: '127.0.0.1' }, resolve);
    });
    return gate;
  }

  private constructor() {
    const { gate, authorityFile } = clusterForTests();
    this.#agent = new Agent({ keepAlive: true, ca: readFileSync(authorityFile) });
    this.#server = createServer(
      { cert: readFileSync(gate.certificateFile), key: readFileSync(gate.keyFile) },
      (request, response) => this.#handle(request, response),
    );
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Holds the next write of a size until it is released. */
  holdNext(): HeldWrite {
    let arrive = (): void => undefined;
    let pass: () => Promise<number> = () => Promise.resolve(0);
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    this.#hold = (given) => {
      pass = given;
      arrive();
    };
    return { arrived, release: () => pass() };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const isWrite = request.method === 'PUT' && request.url?.endsWith('/scale') === true;
    if (!isWrite) {
      request.pipe(this.#forward(request, response, () => undefined));
      return;
    }
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      const pass = (): Promise<number> =>
        new Promise((resolve) => {
          const onStatus = (status: number): void => {
            this.passed.push({ path: request.url ?? '', body: body.toString('utf8'), status });
            resolve(status);
          };
          this.#forward(request, response, onStatus).end(body);
        });
      const hold = this.#hold;
      this.#hold = null;
      if (hold === null) void pass();
      else hold(pass);
    });
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    onStatus: (status: number) => void,
  ): ReturnType<typeof httpsRequest> {
    const upstream = httpsRequest(
      `${clusterForTests().url}${request.url ?? ''}`,
      { method: request.method, headers: request.headers, agent: this.#agent },
      (answer) => {
        onStatus(answer.statusCode ?? 0);
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    return upstream;
  }
}
