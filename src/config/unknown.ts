// SPDX-License-Identifier: Apache-2.0

import { nearest } from './nearest.js';
import type { Schema } from './schema.js';
import { isTree, type Tree } from './tree.js';

/** One warning for each key of the files that no room reads, naming the key that was probably meant. */
export function unknownKeys(files: Tree, schema: Schema, places: ReadonlyMap<string, string>): string[] {
  const warnings: string[] = [];
  const visit = (tree: { readonly [key: string]: unknown }, path: string): void => {
    for (const [name, value] of Object.entries(tree)) {
      const key = path === '' ? name : `${path}.${name}`;
      if (schema.find(key) || schema.deprecated.has(key) || isOldSection(schema, key, value)) {
        if (isTree(value as never) && !schema.find(key)) visit(value as Tree, key);
        continue;
      }
      const place = places.get(key) ?? 'configuration';
      if (schema.isSection(key)) {
        if (isTree(value as never)) visit(value as Tree, key);
        else if (value !== null) {
          warnings.push(`${place}: ${key} is a section; its value is ignored, put keys below it`);
        }
        continue;
      }
      const meant = nearest(key, candidates(schema, key));
      const hint = meant === undefined ? 'see docs/configuration.md for the keys' : `did you mean ${meant}?`;
      warnings.push(`${place}: unknown key ${key} is ignored; ${hint}`);
    }
  };
  visit(files, '');
  return warnings;
}

/** A section that holds old names only (`docker` of `docker.url`). */
function isOldSection(schema: Schema, key: string, value: unknown): boolean {
  if (!isTree(value as never) || schema.isSection(key)) return false;
  for (const old of schema.deprecated.keys()) if (old.startsWith(`${key}.`)) return true;
  return false;
}

/** Declared keys and sections; in patterns the user's own name stands where he put it. */
function* candidates(schema: Schema, key: string): Generator<string> {
  const own = key.split('.');
  const sections = new Set<string>();
  for (const declared of schema.keys) {
    const names = declared.key.split('.').map((name, index) => (name === '*' ? (own[index] ?? name) : name));
    yield names.join('.');
    for (let length = 1; length < names.length; length++) sections.add(names.slice(0, length).join('.'));
  }
  yield* sections;
}
