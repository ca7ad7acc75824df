// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { MetadataValue, Node } from './element.js';
import { rawField } from './field.js';
import type { Filter } from './filter.js';
import type { Graph } from './graph.js';
import { Indexer, type IndexerOptions, type Keys } from './indexer.js';
import { compiled } from './match.js';

/**
 * Finds the nodes that pass a filter by what they have at some metadata paths. Each item of an array counts by itself,
 * several paths combine in every way; a node that lacks a path is not found.
 */
export class MetadataIndexer extends Indexer {
  constructor(graph: Graph, filter: Filter, paths: readonly string[], options: IndexerOptions = {}) {
    if (paths.length === 0) {
      throw new SkydiveError('SKY_E_GRAPH_PATH', 'a metadata index needs at least one path');
    }
    const matches = compiled('node', filter);
    super(graph, (node) => (matches(node) ? combinations(node, paths) : []), options);
  }
}

function combinations(node: Node, paths: readonly string[]): Keys {
  let keys: readonly (readonly MetadataValue[])[] = [[]];
  for (const path of paths) {
    const value = rawField(node, path);
    if (value === undefined) return [];
    const items: readonly MetadataValue[] = Array.isArray(value) ? value : [value as MetadataValue];
    keys = keys.flatMap((key) => items.map((item) => [...key, item]));
  }
  return keys;
}
