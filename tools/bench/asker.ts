// SPDX-License-Identifier: Apache-2.0

import { Agent, request } from 'node:http';

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks the API on a port of this host, over one connection. */
export class Asker {
  readonly #port: number;
  readonly #connection = new Agent({ keepAlive: true });

  constructor(port: number) {
    this.#port = port;
  }

  query(gremlin: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const body = JSON.stringify({ GremlinQuery: gremlin });
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path: '/api/topology',
          method: 'POST',
          agent: this.#connection,
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () => {
            if (answer.statusCode === 200) resolve(JSON.parse(text));
            else reject(new Error(`${answer.statusCode}: ${text}`));
          });
        },
      );
      asked.on('error', reject);
      asked.end(body);
    });
  }

  /** Asks until `done` likes the answer; milliseconds since `since`. */
  async until(gremlin: string, done: (answer: unknown) => boolean, since: number): Promise<number> {
    for (;;) {
      const answer = await this.query(gremlin).catch(() => undefined);
      if (answer !== undefined && done(answer)) return performance.now() - since;
      if (performance.now() - since > 20_000) throw new Error(`no answer within 20 s: ${gremlin}`);
      if (answer === undefined) await pause(2);
    }
  }
}
