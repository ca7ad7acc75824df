// SPDX-License-Identifier: Apache-2.0

import { CommandFailure } from '../failure.js';

export type MetadataTree = { [key: string]: string | MetadataTree };

function put(tree: MetadataTree, path: readonly string[], value: string): void {
  let at = tree;
  for (const key of path.slice(0, -1)) {
    const below = Object.hasOwn(at, key) ? at[key] : undefined;
    at = typeof below === 'object' ? below : (define(at, key, {}) as MetadataTree);
  }
  define(at, path.at(-1)!, value);
}

/** `__proto__` is a key like any other. */
function define(tree: MetadataTree, key: string, value: string | MetadataTree): string | MetadataTree {
  Object.defineProperty(tree, key, { value, writable: true, enumerable: true, configurable: true });
  return value;
}

/** Reads `k1=v1, k2.k3="v 2"`: values stay strings, quotes around them go, dots in keys nest. */
export function parseMetadata(text: string): MetadataTree {
  const tree: MetadataTree = {};
  if (text.trim() === '') return tree;
  for (const pair of text.split(',')) {
    const [key = '', value, more] = pair.split('=');
    if (value === undefined || more !== undefined) {
      throw new CommandFailure(`metadata should be of the form k1=v1, k2=v2, got ${text}`);
    }
    put(tree, key.trim().split('.'), value.trim().replace(/^"+|"+$/g, ''));
  }
  return tree;
}
