// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, MetadataValue } from './element.js';

/** True for a plain map: neither null, scalar nor array. */
export function isMap(value: MetadataValue | undefined): value is MetadataMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member of a map; what `Object.prototype` has (all functions, but `__proto__`) is not metadata. */
function member(map: MetadataMap, key: string): MetadataValue | undefined {
  const value: unknown = map[key];
  if (typeof value === 'function' || key === '__proto__') {
    return Object.hasOwn(map, key) ? (value as MetadataValue) : undefined;
  }
  return value as MetadataValue | undefined;
}

/**
 * The value at a dotted path, undefined when there is none. An array met before the last component gives the array
 * of what the rest of the path finds in its maps.
 */
export function getPath(map: MetadataMap, path: string): MetadataValue | undefined {
  const dot = path.indexOf('.');
  return dot < 0 ? member(map, path) : descend(member(map, path.slice(0, dot)), path.slice(dot + 1));
}

function descend(value: MetadataValue | undefined, rest: string): MetadataValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return getPath(value as MetadataMap, rest);
  const found: MetadataValue[] = [];
  for (const item of value as readonly MetadataValue[]) {
    const inner = isMap(item) ? getPath(item, rest) : undefined;
    if (inner !== undefined) found.push(inner);
  }
  return found;
}

/**
 * The map with the value at a dotted path, sharing what did not change. Undefined when an intermediate is there but
 * is no map: then nothing can be set.
 */
export function setPath(map: MetadataMap, path: string, value: MetadataValue): MetadataMap | undefined {
  const dot = path.indexOf('.');
  if (dot < 0) return path === '__proto__' ? undefined : { ...map, [path]: value };
  const key = path.slice(0, dot);
  if (key === '__proto__') return undefined;
  const known = member(map, key);
  const inner = known === undefined ? {} : known;
  if (!isMap(inner)) return undefined;
  const changed = setPath(inner, path.slice(dot + 1), value);
  return changed === undefined ? undefined : { ...map, [key]: changed };
}

/**
 * The map without the leaf at a dotted path, nor the enclosing maps that became empty by that. Undefined when there
 * is no such leaf.
 */
export function deletePath(map: MetadataMap, path: string): MetadataMap | undefined {
  const dot = path.indexOf('.');
  const key = dot < 0 ? path : path.slice(0, dot);
  const value = member(map, key);
  if (value === undefined) return undefined;
  if (dot < 0) return without(map, key);
  if (!isMap(value)) return undefined;
  const changed = deletePath(value, path.slice(dot + 1));
  if (changed === undefined) return undefined;
  return Object.keys(changed).length === 0 ? without(map, key) : { ...map, [key]: changed };
}

function without(map: MetadataMap, key: string): MetadataMap {
  const { [key]: _, ...rest } = map;
  return rest;
}

/** Every path of nested maps, the intermediate ones included. */
export function pathsOf(map: MetadataMap, prefix = ''): string[] {
  const paths: string[] = [];
  for (const [key, value] of Object.entries(map)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    paths.push(path);
    if (isMap(value)) paths.push(...pathsOf(value, path));
  }
  return paths;
}

/** Deep equality of metadata values; the order of keys does not count. */
export function sameValue(a: MetadataValue | undefined, b: MetadataValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!sameValue(a[i], b[i])) return false;
    return true;
  }
  return sameMap(a as MetadataMap, b as MetadataMap);
}

function sameMap(a: MetadataMap, b: MetadataMap): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!Object.hasOwn(b, key) || !sameValue(a[key], b[key])) return false;
  return true;
}

/**
 * What a probe imported, as metadata: a deep copy in which every map key is a dotted path (`{"a.b": 1}` nests) and
 * null is the empty string. A key that collides with a scalar on its way is left out, as it could not be addressed.
 */
export function normalise(value: unknown): MetadataValue {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(normalise);
  if (typeof value === 'object') {
    const entries = value instanceof Map ? value.entries() : Object.entries(value);
    let map: MetadataMap = {};
    for (const [key, item] of entries) map = setPath(map, String(key), normalise(item)) ?? map;
    return map;
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'bigint' ? Number(value) : String(value);
}

/** `k1=v1,k2="v2"` as metadata: dotted keys, string values. Undefined when an item is not `key=value`. */
export function parseDefinition(text: string): MetadataMap | undefined {
  let map: MetadataMap = {};
  for (const item of text.split(',')) {
    const parts = item.trim().split('=');
    if (parts.length !== 2) return undefined;
    const set = setPath(map, strip(parts[0]!), strip(parts[1]!));
    if (set === undefined) return undefined;
    map = set;
  }
  return map;
}

function strip(text: string): string {
  return text.trim().replace(/^"+|"+$/g, '');
}
