// SPDX-License-Identifier: Apache-2.0

import { CommandFailure } from '../failure.js';

export interface MetadataOperation {
  readonly op: 'add' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** One member of the metadata, whatever its name: a slash would be a level, so it becomes a dot, as in the original. */
function pointer(key: string): string {
  return `/Metadata/${key.replaceAll('~', '~0').replaceAll('/', '.')}`;
}

function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A JSON patch of `--add k=v` and `--remove k`; a value is JSON where it can be read so, else a string. */
export function metadataPatch(
  add: readonly string[],
  remove: readonly string[],
): readonly MetadataOperation[] {
  return [
    ...add.map((pair): MetadataOperation => {
      const at = pair.indexOf('=');
      if (at < 0) throw new CommandFailure(`metadata to add should be of the form k1=v1, got ${pair}`);
      return { op: 'add', path: pointer(pair.slice(0, at)), value: parsedValue(pair.slice(at + 1)) };
    }),
    ...remove.map((key): MetadataOperation => ({ op: 'remove', path: pointer(key) })),
  ];
}
