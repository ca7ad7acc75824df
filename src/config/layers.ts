// SPDX-License-Identifier: Apache-2.0

import { type Environment, variableValue } from './environment.js';
import type { Config, ConfigKey, ConfigValue } from './key.js';
import type { Schema } from './schema.js';
import { shown } from './secret.js';
import { isTree, type Tree, valueAt, withValueAt } from './tree.js';
import { parseJsonMap, toType } from './typing.js';

/** One value that a variable, an option or the program sets over what the files say. */
export interface Overlay {
  readonly key: string;
  readonly value: ConfigValue;
  /** Where it comes from, for messages. */
  readonly place: string;
}

/** All sources, in the order of their precedence. */
export interface Layers {
  readonly schema: Schema;
  /** The files, merged. */
  readonly files: Tree;
  /** Lowest precedence first. */
  readonly overlays: readonly Overlay[];
  readonly env: Environment;
  /** Defaults of command line options: count where nothing else says anything. */
  readonly optionDefaults: Readonly<Record<string, ConfigValue>>;
}

/** The value that files, variables or options give a key, undefined when none does. */
export function setValue(layers: Layers, key: string): ConfigValue | undefined {
  const outer = layers.schema.enclosingMap(key);
  if (outer !== undefined) {
    const map = setValue(layers, outer);
    const below = map === undefined ? undefined : valueAt(map, key.slice(outer.length + 1));
    return below ?? variable(layers, key);
  }
  let value = valueAt(layers.files, key);
  for (const overlay of layers.overlays) {
    if (overlay.key === key) {
      value = overlay.value;
    } else if (overlay.key.startsWith(`${key}.`)) {
      const names = namesBelow(layers.schema, key, overlay.key);
      // A leaf given alone joins the default of its map: it must not wipe the other names.
      const start = value ?? valueAt(layers.schema.defaults, key);
      value = withValueAt(isTree(start) ? start : {}, names, overlay.value);
    }
  }
  return value ?? variable(layers, key);
}

/** Names from a section down to a key; what lies in a declared map is one name, dots and all. */
function namesBelow(schema: Schema, section: string, key: string): string[] {
  const outer = schema.enclosingMap(key);
  if (outer === undefined) return key.slice(section.length + 1).split('.');
  const within = key.slice(outer.length + 1).split('.');
  if (outer.length <= section.length) return key.slice(section.length + 1).split('.');
  return [...outer.slice(section.length + 1).split('.'), ...within];
}

/** Every key asked for may come from a variable, also one that nobody declared. */
function variable(layers: Layers, key: string): ConfigValue | undefined {
  const text = variableValue(layers.env, key);
  if (text === undefined) return undefined;
  const type = layers.schema.find(key)?.type;
  if (type === 'map' || layers.schema.isSection(key)) return parseJsonMap(text);
  return type === undefined ? (parseJsonMap(text) ?? text) : text;
}

/** The section whose values are the defaults of `key`'s section: `storage.es.hosts` → `storage.elasticsearch.hosts`. */
function inherited(layers: Layers, key: string): string | undefined {
  for (const { key: pattern, inherits } of layers.schema.keys) {
    if (!inherits) continue;
    const [section, member] = pattern.split('.*.') as [string, string];
    const names = key.split('.');
    const depth = section.split('.').length;
    if (!key.startsWith(`${section}.`) || names.length < depth + 2) continue;
    const own = names[depth]!;
    const from = setValue(layers, `${section}.${own}.${member}`);
    if (typeof from !== 'string' || from.toLowerCase() === own) continue;
    // The built-in sections have defaults of their own.
    if (valueAt(layers.schema.defaults, `${section}.${own}`) !== undefined) continue;
    return [section, from.toLowerCase(), ...names.slice(depth + 1)].join('.');
  }
  return undefined;
}

/** Getters over the layers. Values never change after loading, so each is worked out once. */
export function createConfig(layers: Layers): Config {
  const { schema } = layers;
  const memo = new Map<string, ConfigValue | undefined>();

  function find(key: string): ConfigValue | undefined {
    const declared = schema.find(key);
    const value = setValue(layers, key) ?? fallback(key, declared);
    // Without a default there is no type to convert to: the reader converts.
    return value === undefined || declared?.default === undefined
      ? value
      : toType(value, declared.type).value;
  }

  function fallback(key: string, declared: ConfigKey | undefined): ConfigValue | undefined {
    const from = inherited(layers, key);
    const given = from && get(from);
    if (given !== undefined) return given;
    const outer = schema.enclosingMap(key);
    // A map replaces its default as a whole.
    if (outer !== undefined && setValue(layers, outer) !== undefined) return undefined;
    return valueAt(schema.defaults, key) ?? declared?.default ?? layers.optionDefaults[key];
  }

  function get(key: string): ConfigValue | undefined {
    const name = key.toLowerCase();
    if (!memo.has(name)) {
      // Keys may come from outside (`/api/config/<key>`): the memory of them must not grow with what is asked.
      if (memo.size >= 4096) memo.clear();
      memo.set(name, find(name));
    }
    return memo.get(name);
  }

  const typed = (key: string, type: ConfigKey['type']): ConfigValue => toType(get(key) ?? null, type).value;
  return {
    get,
    getString: (key) => typed(key, 'string') as string,
    getInt(key) {
      const declared = schema.find(key.toLowerCase())?.type;
      return typed(key, declared === 'duration' || declared === 'size' ? declared : 'int') as number;
    },
    getBool: (key) => typed(key, 'bool') as boolean,
    getList: (key) => typed(key, 'list') as readonly string[],
    getMap: (key) => typed(key, 'map') as { readonly [key: string]: ConfigValue },
    shown(key) {
      const value = get(key);
      return value === undefined ? undefined : shown(schema, key.toLowerCase(), value);
    },
    isSet: (key) => setValue(layers, key.toLowerCase()) !== undefined,
  };
}
