// SPDX-License-Identifier: Apache-2.0

import type { Element } from '../graph/element.js';
import type { GraphView } from '../graph/view.js';
import { encodeJson } from '../json/encode.js';
import { jsonListChunks } from '../json/list-chunks.js';
import type { ChunkSource } from '../wire/pieces.js';

/**
 * A view as the JSON text `{"Nodes":[…],"Edges":[…]}` in chunks, `null` for an empty list. Takes the view over:
 * releasing the source releases it.
 */
export function graphChunks(view: GraphView): ChunkSource {
  const text = chunks(view);
  return {
    next() {
      const next = text.next();
      return next.done === true ? undefined : next.value;
    },
    release: () => view.release(),
  };
}

function* chunks(view: GraphView): Generator<string, void> {
  yield* list('{"Nodes":', view.nodes(), (handle) => view.node(handle), ',"Edges":');
  yield* list('', view.edges(), (handle) => view.edge(handle), '}');
}

function* list(
  head: string,
  handles: Uint32Array,
  element: (handle: number) => Element,
  tail: string,
): Generator<string, void> {
  if (handles.length === 0) {
    yield `${head}null${tail}`;
    return;
  }
  yield* jsonListChunks(`${head}[`, handles, (handle) => encodeJson(element(handle)), `]${tail}`);
}
