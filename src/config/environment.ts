// SPDX-License-Identifier: Apache-2.0

import type { ConfigValue } from './key.js';
import type { Overlay } from './layers.js';
import type { Schema } from './schema.js';
import { isTree, type Tree, valueAt } from './tree.js';
import { parseJsonMap } from './typing.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'SKYDIVE_';

/** `agent.topology.netns.run_path` → `SKYDIVE_AGENT_TOPOLOGY_NETNS_RUN_PATH`. */
export function variableOf(key: string): string {
  return prefix + key.toUpperCase().replace(/[.-]/g, '_');
}

/** A variable's value for a key; an empty one counts as not set. */
export function variableValue(env: Environment, key: string): string | undefined {
  return env[variableOf(key)] || undefined;
}

/**
 * What the `SKYDIVE_` variables say, maps before the leaves below them.
 *
 * A name is ambiguous (`_` stands for `.`, `-` and itself); it is matched with declared keys, then with what the
 * files hold, then with the patterns of user-named sections, then as a name inside a declared map. A variable named
 * like a section counts only when it holds a JSON map: `SKYDIVE_ANALYZER` is the client's, and must not hide
 * `analyzer.listen`.
 */
export function environmentOverlays(
  env: Environment,
  schema: Schema,
  files: Tree,
): { overlays: Overlay[]; warnings: string[] } {
  const known = new Map<string, string>();
  const learn = (key: string): void => {
    const variable = variableOf(key);
    if (!known.has(variable)) known.set(variable, key);
  };
  for (const { key } of schema.keys) if (!key.includes('*')) learn(key);
  for (const old of schema.deprecated.keys()) learn(old);
  forEachPath(files, '', learn);

  const overlays: Overlay[] = [];
  const warnings: string[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || !text) continue;
    const place = `environment variable ${variable}`;
    const key = known.get(variable) ?? patternKey(variable, schema, files) ?? keyInMap(variable, schema);
    const map = parseJsonMap(text);
    if (key === undefined) {
      const section = variable.slice(prefix.length).toLowerCase();
      if (map && schema.isSection(section)) leaves(map, section, schema, place, overlays);
      continue;
    }
    const declared = schema.find(key);
    if (declared?.type === 'map' && !map) {
      warnings.push(`${place}: ${key} must be a JSON map such as {"name": "value"}; it is ignored`);
    } else if (declared?.type === 'map' && map) {
      overlays.push({ key, value: map, place });
    } else if (declared?.type === 'any') {
      overlays.push({ key, value: jsonOrText(text), place });
    } else if (declared || !(schema.isSection(key) || isTree(valueAt(files, key)))) {
      overlays.push({ key, value: map ?? text, place });
    } else if (map) {
      leaves(map, key, schema, place, overlays);
    }
  }
  overlays.sort((a, b) => a.key.split('.').length - b.key.split('.').length);
  return { overlays, warnings };
}

function forEachPath(
  tree: { readonly [key: string]: ConfigValue },
  path: string,
  visit: (key: string) => void,
) {
  for (const [name, value] of Object.entries(tree)) {
    const below = path === '' ? name : `${path}.${name}`;
    visit(below);
    if (isTree(value)) forEachPath(value, below, visit);
  }
}

/** A JSON map of a section, taken apart into its declared keys. */
function leaves(
  map: { readonly [key: string]: ConfigValue },
  path: string,
  schema: Schema,
  place: string,
  into: Overlay[],
): void {
  for (const [name, value] of Object.entries(map)) {
    const below = `${path}.${name.toLowerCase()}`;
    if (isTree(value) && schema.find(below) === undefined) leaves(value, below, schema, place, into);
    else into.push({ key: below, value, place });
  }
}

/** `SKYDIVE_STORAGE_MYES_DRIVER` → `storage.myes.driver`, of several the one with the shortest name. */
function patternKey(variable: string, schema: Schema, files: Tree): string | undefined {
  let best: { key: string; length: number } | undefined;
  for (const { key } of schema.keys) {
    const star = key.indexOf('.*.');
    if (star < 0) continue;
    const before = `${variableOf(key.slice(0, star))}_`;
    const after = `_${variableOf(key.slice(star + 3)).slice(prefix.length)}`;
    const length = variable.length - before.length - after.length;
    if (length <= 0 || !variable.startsWith(before) || !variable.endsWith(after)) continue;
    const word = variable.slice(before.length, before.length + length);
    const section = valueAt(files, key.slice(0, star));
    const name =
      (isTree(section) && Object.keys(section).find((own) => variableOf(own) === prefix + word)) ||
      word.toLowerCase();
    if (best === undefined || length < best.length) best = { key: key.replace('*', name), length };
  }
  return best?.key;
}

/** `SKYDIVE_UI_THEME` → `ui.theme`: the rest of the name is one name in a declared map, the innermost there is. */
function keyInMap(variable: string, schema: Schema): string | undefined {
  let best: string | undefined;
  for (const { key, type } of schema.keys) {
    if (type !== 'map' || key.includes('*') || !variable.startsWith(`${variableOf(key)}_`)) continue;
    if (best === undefined || key.length > best.length) best = key;
  }
  return best && `${best}.${variable.slice(variableOf(best).length + 1).toLowerCase()}`;
}

function jsonOrText(text: string): ConfigValue {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as ConfigValue;
  } catch {
    return text;
  }
}
