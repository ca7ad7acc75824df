// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { type Format, plainFormats } from '../output/format.js';
import { rendered } from '../output/print.js';

/** Forms that the shell shows results in. */
export const formats: readonly string[] = plainFormats;

export function formatNamed(name: string): Format | undefined {
  return plainFormats.find((format) => format === name);
}

/**
 * Writes a result as fast as the output takes it. Not a pipeline: a result that breaks off must not end the output,
 * which the shell goes on using.
 */
export async function display(body: Readable, format: Format, output: Writable): Promise<void> {
  let empty = true;
  for await (const chunk of rendered(body, format, '\t')) {
    // An empty table is no line, null an empty one.
    if (empty && chunk.length < 2 && chunk.toString().trim() === '') continue;
    empty = false;
    if (!output.write(chunk)) await once(output, 'drain');
  }
  if (empty) output.write('(nothing)\n');
}
