// SPDX-License-Identifier: Apache-2.0

import type { ConfigValue } from './key.js';

/** A section: names and their values. Plain objects, so that JSON and deepEqual take them as they are. */
export type Tree = { [key: string]: ConfigValue };

export function isTree(value: ConfigValue | undefined): value is { readonly [key: string]: ConfigValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets an own member whatever its name, `__proto__` included. */
export function put(tree: Tree, key: string, value: ConfigValue): void {
  Object.defineProperty(tree, key, { value, writable: true, enumerable: true, configurable: true });
}

export function member(tree: { readonly [key: string]: ConfigValue }, key: string): ConfigValue | undefined {
  if (Object.hasOwn(tree, key)) return tree[key];
  // JSON of a variable keeps the case of its names, and a look-up does not care for it.
  for (const name of Object.keys(tree)) if (name.toLowerCase() === key) return tree[name];
  return undefined;
}

/**
 * The value at a dotted path. Names inside maps may hold dots themselves, so the longest name wins.
 * A null counts as not there.
 */
export function valueAt(value: ConfigValue | undefined, path: string): ConfigValue | undefined {
  if (!isTree(value)) return undefined;
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const found = member(value, path.slice(0, end));
    if (found === undefined || found === null) continue;
    if (end === path.length) return found;
    const below = valueAt(found, path.slice(end + 1));
    if (below !== undefined) return below;
  }
  return undefined;
}

/** A copy of `tree` with the value at a path of names replaced; what is in the way and no section gives way. */
export function withValueAt(
  tree: { readonly [key: string]: ConfigValue },
  names: readonly string[],
  value: ConfigValue,
): Tree {
  const copy: Tree = { ...tree };
  const [first, ...rest] = names;
  if (first === undefined) return copy;
  if (rest.length === 0) {
    put(copy, first, value);
    return copy;
  }
  const below = member(copy, first);
  put(copy, first, withValueAt(isTree(below) ? below : {}, rest, value));
  return copy;
}

/** Merges `from` into `into`: sections deeply, lists and scalars replaced, null keeps what is there. */
export function merge(into: Tree, from: { readonly [key: string]: ConfigValue }): void {
  for (const [key, value] of Object.entries(from)) {
    const present = Object.hasOwn(into, key) ? into[key] : undefined;
    if (value === null) {
      if (present === undefined) put(into, key, null);
    } else if (isTree(value)) {
      const section: Tree = isTree(present) ? { ...present } : {};
      merge(section, value);
      put(into, key, section);
    } else {
      put(into, key, value);
    }
  }
}
