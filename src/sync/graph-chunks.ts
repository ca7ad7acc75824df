// SPDX-License-Identifier: Apache-2.0

import type { Edge, Element, Node } from '../graph/element.js';
import type { GraphView, Handle } from '../graph/view.js';
import { encodeJson } from '../json/encode.js';
import { jsonListChunks } from '../json/list-chunks.js';
import type { ChunkSource } from '../wire/pieces.js';

/**
 * A view as the JSON text `{"Nodes":[…],"Edges":[…]}` in chunks, `null` for an empty list. Takes the view over:
 * releasing the source releases it.
 */
export function viewChunks(view: GraphView): ChunkSource {
  const node = (handle: Handle) => view.node(handle);
  const edge = (handle: Handle) => view.edge(handle);
  return source(chunks(view.nodes(), node, view.edges(), edge), () => view.release());
}

/** The same of elements that are at hand. */
export function elementChunks(nodes: readonly Node[], edges: readonly Edge[]): ChunkSource {
  const itself = <T>(element: T) => element;
  return source(chunks(nodes, itself, edges, itself), () => {});
}

/** Items that are turned into elements when their turn comes. */
interface Items<T> extends Iterable<T> {
  readonly length: number;
}

function source(text: Iterator<string>, release: () => void): ChunkSource {
  return {
    next() {
      const next = text.next();
      return next.done === true ? undefined : next.value;
    },
    release,
  };
}

function* chunks<N, E>(
  nodes: Items<N>,
  node: (item: N) => Element,
  edges: Items<E>,
  edge: (item: E) => Element,
): Generator<string, void> {
  yield* list('{"Nodes":', nodes, node, ',"Edges":');
  yield* list('', edges, edge, '}');
}

function* list<T>(
  head: string,
  items: Items<T>,
  element: (item: T) => Element,
  tail: string,
): Generator<string, void> {
  if (items.length === 0) yield `${head}null${tail}`;
  else yield* jsonListChunks(`${head}[`, items, (item) => encodeJson(element(item)), `]${tail}`);
}
