// SPDX-License-Identifier: Apache-2.0

// Whoever reads a file imports this module lazily, since the package costs time at start. The package itself is
// imported by name: a bundle gives a lazily imported CommonJS package no named exports.
import { isMap, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { messageOf, SkydiveError } from '../errors.js';
import type { ConfigValue } from './key.js';
import type { Schema } from './schema.js';
import { isTree, put, type Tree, withValueAt } from './tree.js';

/** One YAML document: its values, and `name:line` of each of them by dotted path. */
export interface Document {
  readonly tree: Tree;
  readonly places: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

const maxDepth = 64;
/** How many nodes an alias may stand for in all (YAML's "billion laughs"). */
const maxAliasCount = 1000;

/**
 * Reads a YAML text the way the original's parser does: version 1.1 (`yes` is true), but no base-60 numbers and no
 * dates, so that a MAC address or a day stays a text. Names become lower case; a name with dots is a path.
 * Throws SKY_E_CONFIG naming `name`, line and column.
 */
export async function readYaml(text: string, name: string, schema: Schema): Promise<Document> {
  const lines = new LineCounter();
  const warnings: string[] = [];
  const documents = parseAllDocuments(text, {
    version: '1.1',
    prettyErrors: false,
    uniqueKeys: false,
    lineCounter: lines,
    logLevel: 'silent',
    customTags: (tags) =>
      tags.filter(
        (tag) => typeof tag === 'string' || (tag.format !== 'TIME' && !unwantedTags.has(tag.tag ?? '')),
      ),
  });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined) return { tree: {}, places: new Map(), warnings };
  if (second !== undefined) {
    const { line } = lines.linePos(second.range[0]);
    warnings.push(`${name}:${line}: only the first YAML document is read; remove what follows "---"`);
  }
  const fault = document.errors[0];
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw new SkydiveError(
      'SKY_E_CONFIG',
      `${name}:${line}:${col}: bad YAML: ${fault.message}; mend the line`,
    );
  }
  const places = new Map<string, string>();
  const note = (node: unknown, path: string, depth: number): void => {
    if (!isMap(node) || depth > maxDepth) return;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      // `on`, `y` and 0777 are names here, not the values YAML 1.1 sees in them.
      if (typeof key.value !== 'string' && typeof key.value !== 'symbol') key.value = key.source ?? '';
      const word = (typeof key.value === 'string' ? key.value : '<<').toLowerCase();
      const below = path === '' ? word : `${path}.${word}`;
      const { line } = lines.linePos(key.range?.[0] ?? 0);
      if (seen.has(word) && word !== '<<') {
        warnings.push(`${name}:${line}: ${below} is there twice, the last one counts; remove one`);
      }
      seen.add(word);
      places.set(below, `${name}:${line}`);
      note(value, below, depth + 1);
    }
  };
  note(document.contents, '', 0);
  let content: ConfigValue;
  try {
    content = document.toJS({ maxAliasCount }) as ConfigValue;
  } catch (error) {
    throw new SkydiveError('SKY_E_CONFIG', `${name}: bad YAML: ${messageOf(error)}`, { cause: error });
  }
  if (content === null) return { tree: {}, places: new Map(), warnings };
  if (!isTree(content)) {
    throw new SkydiveError(
      'SKY_E_CONFIG',
      `${name}:1: it must hold sections ("key: value"), not ${kind(content)}`,
    );
  }
  return { tree: normalize(content, '', schema, name, 0), places, warnings };
}

/** What YAML 1.1 has beyond JSON and the original's parser gives as text. */
const unwantedTags = new Set([
  'tag:yaml.org,2002:timestamp',
  'tag:yaml.org,2002:binary',
  'tag:yaml.org,2002:omap',
  'tag:yaml.org,2002:pairs',
  'tag:yaml.org,2002:set',
]);

/** Lower-cases the names and splits those with dots, the latter not inside maps with names of the user. */
function normalize(
  content: { readonly [key: string]: ConfigValue },
  path: string,
  schema: Schema,
  name: string,
  depth: number,
): Tree {
  if (depth > maxDepth) throw new SkydiveError('SKY_E_CONFIG', `${name}: ${path} is nested too deeply`);
  let tree: Tree = {};
  const dotted: [string[], ConfigValue][] = [];
  for (const [key, value] of Object.entries(content)) {
    const word = key.toLowerCase();
    const below = path === '' ? word : `${path}.${word}`;
    const normal = isTree(value) ? normalize(value, below, schema, name, depth + 1) : value;
    const opaque = schema.find(path)?.type === 'map' || schema.enclosingMap(below) !== undefined;
    if (word.includes('.') && !opaque) dotted.push([word.split('.'), normal]);
    else put(tree, word, normal);
  }
  for (const [names, value] of dotted) tree = withValueAt(tree, names, value);
  return tree;
}

function kind(content: ConfigValue): string {
  return Array.isArray(content) ? 'a list' : `the ${typeof content} alone`;
}
