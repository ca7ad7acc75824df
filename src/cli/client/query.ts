// SPDX-License-Identifier: Apache-2.0

import type { Readable } from 'node:stream';
import { CommandFailure } from '../failure.js';
import type { Format } from '../output/format.js';
import { printBody } from '../output/print.js';
import type { Connection } from './connection.js';
import { send, textOf } from './request.js';

const accept: Readonly<Partial<Record<Format, string>>> = {
  dot: 'text/vnd.graphviz',
  pcap: 'application/vnd.tcpdump.pcap',
};

export interface QueryAnswer {
  readonly body: Readable;
  /** How to ask better. */
  readonly hint: string | undefined;
}

/** Sends a query. Anything but 200, so also the answer to an empty query, is a failure. */
export async function askQuery(
  connection: Connection,
  gremlin: string,
  options: { format?: Format; signal?: AbortSignal } = {},
): Promise<QueryAnswer> {
  const asked = options.format === undefined ? undefined : accept[options.format];
  const answer = await send(connection, {
    method: 'POST',
    path: 'topology',
    body: JSON.stringify({ GremlinQuery: gremlin }),
    headers: { 'X-Skydive-Hints': 'true', ...(asked === undefined ? {} : { Accept: asked }) },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (answer.status !== 200) {
    throw new CommandFailure(`${answer.statusLine}: ${(await textOf(answer.body)).trimEnd()}`);
  }
  const hint = answer.headers['x-skydive-hint'];
  return { body: answer.body, hint: typeof hint === 'string' ? decodedHint(hint) : undefined };
}

/** Percent-encoded UTF-8; a hint that is not is of no use to anybody. */
function decodedHint(value: string): string | undefined {
  try {
    // It may quote what somebody else wrote: nothing that moves the cursor of a terminal.
    return decodeURIComponent(value).replace(/\p{Cc}/gu, ' ');
  } catch {
    return undefined;
  }
}

/** Asks a query and prints what it gave; a hint goes to stderr. */
export async function printQuery(connection: Connection, gremlin: string, format: Format): Promise<void> {
  const { body, hint } = await askQuery(connection, gremlin, { format });
  await printBody(body, format, '\t');
  if (hint !== undefined) process.stderr.write(`hint: ${hint}\n`);
}
