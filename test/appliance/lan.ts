// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from 'node:child_process';

const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/**
 * Two networks of a controller and its machines: the controller's namespace holds a bridge for each, every machine's
 * namespace an end of both (`eth0` with the default route, `eth1`).
 */
export class Lan {
  readonly prefix: string;
  readonly #namespaces: string[] = [];

  constructor(prefix: string) {
    this.prefix = prefix;
    this.#namespace(this.controller);
    this.#controller('link', 'set', 'lo', 'up');
    for (const [bridge, address] of [
      ['br0', '10.77.0.1/24'],
      ['br1', '10.78.0.1/24'],
    ] as const) {
      this.#controller('link', 'add', bridge, 'type', 'bridge');
      this.#controller('address', 'add', address, 'dev', bridge);
      this.#controller('link', 'set', bridge, 'up');
    }
  }

  get controller(): string {
    return `${this.prefix}-ctl`;
  }

  /** Adds the namespace of machine `number`; its addresses are 10.77.0.(10+number) and 10.78.0.(10+number). */
  join(number: number): { readonly namespace: string; readonly address: string } {
    const namespace = `${this.prefix}-m${number}`;
    this.#namespace(namespace);
    const ip = (...args: string[]) => run('ip', '-netns', namespace, ...args);
    ip('link', 'set', 'lo', 'up');
    for (const index of [0, 1]) {
      const end = `m${number}e${index}`;
      this.#controller(
        ...['link', 'add', end, 'type', 'veth', 'peer', 'name', `eth${index}`, 'netns', namespace],
      );
      this.#controller('link', 'set', end, 'master', `br${index}`, 'up');
      ip('address', 'add', `10.7${7 + index}.0.${10 + number}/24`, 'dev', `eth${index}`);
      ip('link', 'set', `eth${index}`, 'up');
    }
    ip('route', 'add', 'default', 'via', '10.77.0.1');
    return { namespace, address: `10.77.0.${10 + number}` };
  }

  remove(): void {
    for (const name of this.#namespaces.splice(0)) run('ip', 'netns', 'delete', name);
  }

  #namespace(name: string): void {
    run('ip', 'netns', 'add', name);
    this.#namespaces.push(name);
  }

  #controller(...args: string[]): void {
    run('ip', '-netns', this.controller, ...args);
  }
}
