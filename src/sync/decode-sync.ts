// SPDX-License-Identifier: Apache-2.0

import { decodeEdge, decodeNode } from '../graph/codec.js';
import type { Edge, Node } from '../graph/element.js';
import { JsonCursor } from '../json/cursor.js';
import { slicedBytes } from '../wire/codec-json.js';
import type { Payload } from '../wire/message.js';
import { malformed, members } from './graph-message.js';

/** The payload of Sync and SyncReply. */
export interface GraphContent {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/**
 * Decodes a whole graph element by element, giving the thread back in between. One element that does not decode
 * refuses all of it, as in the original.
 */
export function* decodeSync(payload: Payload): Generator<void, GraphContent> {
  if (payload.encodedBytes > slicedBytes) return yield* decodeText(new JsonCursor(payload.bytes()));
  const json = payload.json();
  // A null Obj leaves Go's lists empty.
  const { nodes, edges } = json === null ? {} : members(json, 'Sync');
  return {
    nodes: list(nodes, 'Nodes').map((node) => decodeNode(node)),
    edges: list(edges, 'Edges').map((edge) => decodeEdge(edge)),
  };
}

function list(value: unknown, name: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed(`${name} of Sync is no list`);
  return value;
}

function* decodeText(cursor: JsonCursor): Generator<void, GraphContent> {
  const nodes: Node[] = [];
  const edges: Edge[] = [];
  if (!cursor.enterObject()) throw malformed('Sync is no JSON object');
  for (let key = cursor.nextKey(true); key !== undefined; key = cursor.nextKey(false)) {
    const name = key.toLowerCase();
    if (name === 'nodes') {
      yield* items(cursor, 'Nodes', (json) => nodes.push(decodeNode(json)));
    } else if (name === 'edges') {
      yield* items(cursor, 'Edges', (json) => edges.push(decodeEdge(json)));
    } else {
      yield* cursor.skipSliced();
    }
  }
  cursor.finish();
  return { nodes, edges };
}

function* items(cursor: JsonCursor, name: string, take: (json: unknown) => void): Generator<void, void> {
  if (!cursor.enterArray()) {
    if (cursor.value() !== null) throw malformed(`${name} of Sync is no list`);
    return;
  }
  for (let first = true; cursor.nextItem(first); first = false) {
    take(cursor.value());
    yield;
  }
}
