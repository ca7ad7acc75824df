// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Arguments: what to listen on and what to connect to, as JSON of net.listen and net.connect. */
const script = `
const { connect, createServer } = require('node:net');
const [listen, target] = process.argv.slice(1).map((text) => JSON.parse(text));
createServer((from) => {
  const to = connect(target);
  from.pipe(to).pipe(from);
  for (const end of [from, to]) end.on('error', () => { from.destroy(); to.destroy(); });
}).listen(listen, () => console.log('ready'));
`;

/**
 * A server of this host's loopback, reachable in a network namespace under an address there. Processes of their own
 * hand on what comes in: a test may block while it waits for a machine.
 */
export class Relay {
  readonly #ends: ChildProcess[] = [];

  static async start(options: {
    readonly socket: string;
    readonly port: number;
    readonly namespace: string;
    readonly address: string;
    readonly farPort: number;
  }): Promise<Relay> {
    const { socket, port, namespace, address, farPort } = options;
    const relay = new Relay();
    await relay.#run([], { path: socket }, { port, host: '127.0.0.1' });
    const enter = ['nsenter', `--net=/run/netns/${namespace}`];
    await relay.#run(enter, { port: farPort, host: address }, { path: socket });
    return relay;
  }

  stop(): void {
    for (const end of this.#ends.splice(0)) end.kill();
  }

  async #run(enter: readonly string[], listen: object, target: object): Promise<void> {
    const words = [...enter, process.execPath, '-e', script, JSON.stringify(listen), JSON.stringify(target)];
    const end = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#ends.push(end);
    await once(end.stdout!, 'data');
  }
}
