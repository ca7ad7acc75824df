// SPDX-License-Identifier: Apache-2.0

import { WireClient, type WireClientOptions } from './client.js';
import { Pool } from './pool.js';

export interface ClientPoolOptions extends Omit<WireClientOptions, 'url' | 'pool'> {
  /** One connection to each. */
  readonly urls: readonly string[];
  /** 0 ≤ x < 1; the order of connecting is left to chance, so that not all agents choose the same analyzer. */
  readonly random?: () => number;
}

/** Connections to several servers, each kept up by itself. */
export class ClientPool extends Pool {
  readonly #clients: readonly WireClient[];

  constructor(options: ClientPoolOptions) {
    super();
    const { urls, random = Math.random, ...client } = options;
    this.#clients = shuffled(urls, random).map((url) => new WireClient({ ...client, url, pool: this }));
  }

  start(): void {
    for (const client of this.#clients) client.start();
  }

  stop(): void {
    for (const client of this.#clients) client.stop();
  }
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
