// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, MetadataValue } from '../../graph/element.js';
import type { PathTable } from './paths.js';

type Mutable = { [key: string]: MetadataValue };

/** What changed from one metadata to the next: path number, value, path number, value…; and the deleted paths. */
export interface Delta {
  readonly sets: (number | MetadataValue)[];
  readonly deletes: number[];
}

/** A map that is JSON and nothing else: lazy values are classes and are compared as a whole. */
export function isMap(value: MetadataValue | undefined): value is MetadataMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function sameValue(one: MetadataValue | undefined, other: MetadataValue | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, place) => sameValue(value, other[place]));
  }
  if (!isMap(one) || !isMap(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && sameValue(one[key], other[key]));
}

/** The delta between two metadata; undefined where it cannot be expressed and the whole has to be written. */
export function diff(before: MetadataMap, after: MetadataMap, table: PathTable): Delta | undefined {
  const delta: Delta = { sets: [], deletes: [] };
  return compare(before, after, [], table, delta) ? delta : undefined;
}

function compare(
  before: MetadataMap,
  after: MetadataMap,
  path: string[],
  table: PathTable,
  delta: Delta,
): boolean {
  for (const key of Object.keys(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    const value = after[key]!;
    if (old === value) continue;
    // Such a key would set a prototype when it is applied.
    if (key === '__proto__') return false;
    path.push(key);
    if (isMap(old) && isMap(value)) {
      if (!compare(old, value, path, table, delta)) return false;
    } else if (!sameValue(old, value)) {
      const id = table.intern(path);
      if (id < 0) return false;
      delta.sets.push(id, value);
    }
    path.pop();
  }
  for (const key of Object.keys(before)) {
    if (Object.hasOwn(after, key)) continue;
    if (key === '__proto__') return false;
    path.push(key);
    const id = table.intern(path);
    if (id < 0) return false;
    delta.deletes.push(id);
    path.pop();
  }
  return true;
}

/** Changes `metadata`, which has to be the caller's own. */
export function applyDelta(
  metadata: MetadataMap,
  sets: readonly (number | MetadataValue)[],
  deletes: readonly number[],
  paths: readonly (readonly string[])[],
): void {
  for (const id of deletes) {
    const path = paths[id]!;
    const owner = mapAt(metadata, path);
    if (owner !== undefined) delete owner[path[path.length - 1]!];
  }
  for (let place = 0; place < sets.length; place += 2) {
    const path = paths[sets[place] as number]!;
    const owner = mapAt(metadata, path);
    if (owner !== undefined) owner[path[path.length - 1]!] = sets[place + 1]!;
  }
}

/** The map that holds the last key of a path. */
function mapAt(metadata: MetadataMap, path: readonly string[]): Mutable | undefined {
  let map: MetadataValue | undefined = metadata;
  for (let place = 0; place < path.length - 1; place++) {
    if (!isMap(map)) return undefined;
    map = map[path[place]!];
  }
  return isMap(map) ? (map as Mutable) : undefined;
}

/** A copy whose maps may be changed; arrays are shared, nothing changes them. */
export function copyMaps(map: MetadataMap): MetadataMap {
  const copy: Mutable = { ...map };
  for (const key of Object.keys(copy)) {
    const value = copy[key];
    if (isMap(value)) copy[key] = copyMaps(value);
  }
  return copy;
}
