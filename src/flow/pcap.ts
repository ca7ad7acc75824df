// SPDX-License-Identifier: Apache-2.0

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, SkydiveError } from '../errors.js';
import { addon } from '../native/addon.js';
import type { NativeFlowTableOptions, NativeFlowTableStats } from '../native/flow-table.js';

/** Bytes of a file, and flows of its table, that are worked on between two turns of the event loop. */
const sliceBytes = 256 * 1024;
const sliceFlows = 500;

/** How many packets a file held, and what became of them. */
export interface PcapResult {
  readonly packets: number;
  readonly stats: NativeFlowTableStats;
  /** Why reading ended before the end of the file. */
  readonly error?: string;
}

/**
 * Makes flows of a capture file (pcap or pcapng, gzip too) that arrives in pieces, and hands them to `sink` in
 * batches of messages once the file has ended, as the end of a capture does: every flow with its whole life as last
 * update, FinishType TIMEOUT. Memory grows with the flows, not with the file.
 *
 * A malformed or cut record ends the reading; the flows of what precedes it count. Throws SKY_E_BAD_REQUEST when the
 * bytes are no capture file at all.
 */
export async function flowsOfPcap(
  file: AsyncIterable<Uint8Array>,
  options: NativeFlowTableOptions,
  sink: (messages: Buffer[]) => void | Promise<void>,
): Promise<PcapResult> {
  const table = new (addon().FlowTable)(options);
  let packets = 0;
  let failure: { error?: string } = {};
  try {
    for await (const chunk of inflated(file)) {
      for (let at = 0; at < chunk.length; at += sliceBytes) {
        packets = table.feed(chunk.subarray(at, at + sliceBytes));
        await turn();
      }
    }
    table.finish();
  } catch (error) {
    failure = { error: messageOf(error) };
    if (!table.recognized()) {
      throw new SkydiveError('SKY_E_BAD_REQUEST', `the capture file cannot be read: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  const stats = table.stats();
  for (let messages = table.stop(sliceFlows); messages !== undefined; messages = table.stop(sliceFlows)) {
    if (messages.length > 0) await sink(messages);
    await turn();
  }
  return { packets, stats, ...failure };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The same bytes, decompressed when they start as gzip does. */
async function* inflated(file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = file[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < 2) {
    const next = await chunks.next();
    if (next.done === true) break;
    first.push(next.value);
    size += next.value.length;
  }
  const start = Buffer.concat(first);
  const whole = joined(start, chunks);
  if (start[0] !== 0x1f || start[1] !== 0x8b) {
    yield* whole;
    return;
  }
  const source = Readable.from(whole);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  yield* source.pipe(gunzip) as AsyncIterable<Uint8Array>;
}

async function* joined(start: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (start.length > 0) yield start;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
