// SPDX-License-Identifier: Apache-2.0
// Run by the scenarios in another network namespace: what connects to `address port` there is handed on to a Unix socket.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

const inNamespace = `
const { connect, createServer } = require('node:net');
const [address, port, path] = process.argv.slice(1);
createServer((from) => {
  const to = connect(path);
  from.pipe(to).pipe(from);
  for (const end of [from, to]) end.on('error', () => { from.destroy(); to.destroy(); });
}).listen(Number(port), address, () => console.log('ready'));
`;

/** A server of this host's loopback, reachable in a network namespace under an address there. */
export class Relay {
  readonly #near: Server;
  readonly #far: ChildProcess;

  private constructor(near: Server, far: ChildProcess) {
    this.#near = near;
    this.#far = far;
  }

  static async start(options: {
    readonly socket: string;
    readonly port: number;
    readonly namespace: string;
    readonly address: string;
    readonly farPort: number;
  }): Promise<Relay> {
    const { socket, port, namespace, address, farPort } = options;
    const near = createServer((from) => {
      const to = connect(port, '127.0.0.1');
      from.pipe(to).pipe(from);
      for (const end of [from, to]) {
        end.on('error', () => {
          from.destroy();
          to.destroy();
        });
      }
    }).listen(socket);
    await once(near, 'listening');
    const far = spawn(
      'nsenter',
      [
        `--net=/run/netns/${namespace}`,
        process.execPath,
        '-e',
        inNamespace,
        address,
        String(farPort),
        socket,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(far.stdout!, 'data');
    return new Relay(near, far);
  }

  stop(): void {
    this.#far.kill();
    this.#near.close();
  }
}
