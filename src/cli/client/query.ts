// SPDX-License-Identifier: Apache-2.0

import { CommandFailure } from '../failure.js';
import type { Format } from '../output/format.js';
import { printBody } from '../output/print.js';
import type { Connection } from './connection.js';
import { send, textOf } from './request.js';

const accept: Readonly<Partial<Record<Format, string>>> = {
  dot: 'text/vnd.graphviz',
  pcap: 'application/vnd.tcpdump.pcap',
};

/** Asks a query and prints what it gave. Anything but 200, so also the answer to an empty query, is a failure. */
export async function printQuery(connection: Connection, gremlin: string, format: Format): Promise<void> {
  const asked = accept[format];
  const answer = await send(connection, {
    method: 'POST',
    path: 'topology',
    body: JSON.stringify({ GremlinQuery: gremlin }),
    headers: asked === undefined ? {} : { Accept: asked },
  });
  if (answer.status !== 200) {
    throw new CommandFailure(`${answer.statusLine}: ${(await textOf(answer.body)).trimEnd()}`);
  }
  // Beside the answer, which stays as it is.
  if (answer.hint !== undefined) process.stderr.write(`hint: ${answer.hint}\n`);
  await printBody(answer.body, format, '\t');
}
