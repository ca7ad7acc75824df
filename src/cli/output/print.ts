// SPDX-License-Identifier: Apache-2.0

import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../errors.js';
import { createIndenter } from '../../json/indent.js';
import { textOf } from '../client/request.js';
import { CommandFailure } from '../failure.js';
import type { Format } from './format.js';

/** Bytes stay bytes: JSON's syntax is ASCII, and no byte of a longer UTF-8 sequence is. */
async function* indented(body: Readable, indent: string): AsyncGenerator<Buffer> {
  const indenter = createIndenter(indent);
  let last = '';
  for await (const chunk of body) {
    const text = indenter((chunk as Buffer).toString('latin1'));
    if (text === '') continue;
    last = text;
    yield Buffer.from(text, 'latin1');
  }
  if (!last.endsWith('\n')) yield Buffer.from('\n');
}

async function parsed(body: Readable): Promise<unknown> {
  const text = await textOf(body);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(`the analyzer answered no JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** An answer in a format, in pieces; JSON of any size passes through without being held. */
export async function* rendered(
  body: Readable,
  format: Format,
  indent: string,
): AsyncGenerator<Buffer | string> {
  switch (format) {
    case 'json':
      yield* indented(body, indent);
      return;
    case 'dot':
    case 'pcap':
      for await (const chunk of body) yield chunk as Buffer;
      return;
    case 'yaml': {
      const { yamlOf } = await import('./yaml.js');
      yield yamlOf(await parsed(body));
      return;
    }
    case 'table': {
      const { tableOf } = await import('./table.js');
      yield tableOf(await parsed(body));
    }
  }
}

/** Writes an answer to stdout. */
export async function printBody(body: Readable, format: Format, indent: string): Promise<void> {
  await pipeline(rendered(body, format, indent), process.stdout, { end: false });
}
