// SPDX-License-Identifier: Apache-2.0

import { connect, createServer, type Server, type Socket } from 'node:net';

/** `cut`: connections end and new ones are refused; `silent`: they stay, and nothing passes. */
export type Trouble = 'cut' | 'silent' | { readonly delayMs: number } | undefined;

/** The network between a client and a server of this host, with the troubles that networks have. */
export class TcpProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #trouble: Trouble;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  static async to(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(Number(new URL(url).port));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  suffer(trouble: Trouble): void {
    this.#trouble = trouble;
    // What a silent network swallowed does not come later: its connections are of no use any more.
    if (trouble === 'cut' || trouble === undefined) for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket): void {
    if (this.#trouble === 'cut') {
      client.destroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (data) => this.#pass(data, to));
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  #pass(data: Buffer, to: Socket): void {
    const trouble = this.#trouble;
    if (trouble === 'silent') return;
    if (typeof trouble === 'object') setTimeout(() => to.writable && to.write(data), trouble.delayMs);
    else to.write(data);
  }
}
