// SPDX-License-Identifier: Apache-2.0

import { Readable } from 'node:stream';
import { JsonCursor } from '../../json/cursor.js';

/** The JSON object of a body with its members in the order of their names; their texts stay as they came. */
export async function sortedMap(body: Readable): Promise<Readable> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const cursor = new JsonCursor(bytes);
  const members: { name: string; start: number; end: number }[] = [];
  if (!cursor.enterObject()) return Readable.from([bytes]);
  for (let name = cursor.nextKey(true); name !== undefined; name = cursor.nextKey(false)) {
    cursor.peek();
    const start = cursor.at;
    cursor.skip();
    members.push({ name, start, end: cursor.at });
  }
  members.sort((a, b) => (a.name < b.name ? -1 : 1));
  return Readable.from(pieces(bytes, members), { objectMode: false });
}

function* pieces(
  bytes: Buffer,
  members: readonly { name: string; start: number; end: number }[],
): Generator<Buffer> {
  yield Buffer.from('{');
  for (const [index, { name, start, end }] of members.entries()) {
    yield Buffer.from(`${index === 0 ? '' : ','}${JSON.stringify(name)}:`);
    yield bytes.subarray(start, end);
  }
  yield Buffer.from('}\n');
}
