// SPDX-License-Identifier: Apache-2.0

import type { ConfigKey } from './key.js';
import { secretFileKey } from './secret-file-key.js';
import { type Tree, withValueAt } from './tree.js';

/** The declared keys of all rooms, and the questions that loading asks of them. */
export interface Schema {
  readonly keys: readonly ConfigKey[];
  /** The declaration of a key: its own, else that of the pattern it matches. */
  find(key: string): ConfigKey | undefined;
  /** The declared map the key lies in (`ui` of `ui.theme`), when the key is none itself. */
  enclosingMap(key: string): string | undefined;
  /** True when declared keys lie below it. */
  isSection(key: string): boolean;
  /** Concrete keys: defaults as one tree. */
  readonly defaults: Tree;
  /** Old name → new names. */
  readonly deprecated: ReadonlyMap<string, readonly string[]>;
}

interface PatternNode {
  readonly children: Map<string, PatternNode>;
  key?: ConfigKey;
}

export function buildSchema(rooms: readonly (readonly ConfigKey[])[]): Schema {
  const keys = withSecretFiles(rooms.flat());
  const root: PatternNode = { children: new Map() };
  const deprecated = new Map<string, string[]>();
  let defaults: Tree = {};
  for (const key of keys) {
    insert(root, key);
    if (key.default !== undefined && !key.key.includes('*')) {
      defaults = withValueAt(defaults, key.key.split('.'), key.default);
    }
    for (const old of key.deprecated ?? []) {
      deprecated.set(old, [...(deprecated.get(old) ?? []), key.key]);
    }
  }
  const memo = new Map<string, ConfigKey | undefined>();
  return {
    keys,
    defaults,
    deprecated,
    find(key) {
      if (!memo.has(key))
        memo.set(
          key,
          walk(root, key.split('.'), (node) => node.key),
        );
      return memo.get(key);
    },
    enclosingMap(key) {
      for (let end = key.lastIndexOf('.'); end > 0; end = key.lastIndexOf('.', end - 1)) {
        const outer = key.slice(0, end);
        const type = this.find(outer)?.type;
        if (type === 'map' || type === 'any') return outer;
      }
      return undefined;
    },
    isSection(key) {
      // `auth.type` is no section `type` of `auth.*`.
      if (deprecated.has(key)) return false;
      return walk(root, key.split('.'), (node) => (node.children.size > 0 ? true : undefined)) ?? false;
    },
  };
}

/** The declared keys, and for each secret among them the one that names a file with its value. */
export function withSecretFiles(keys: readonly ConfigKey[]): ConfigKey[] {
  return keys.flatMap((key) => (key.secret === true ? [key, secretFileKey(key)] : [key]));
}

function insert(root: PatternNode, key: ConfigKey): void {
  let node = root;
  for (const name of key.key.split('.')) {
    let next = node.children.get(name);
    if (next === undefined) {
      next = { children: new Map() };
      node.children.set(name, next);
    }
    node = next;
  }
  node.key = key;
}

/** What `answer` says first, own names tried before `*`. */
function walk<T>(
  node: PatternNode,
  names: readonly string[],
  answer: (node: PatternNode) => T | undefined,
): T | undefined {
  const [first, ...rest] = names;
  if (first === undefined) return answer(node);
  for (const next of [node.children.get(first), node.children.get('*')]) {
    const found = next && walk(next, rest, answer);
    if (found !== undefined) return found;
  }
  return undefined;
}
