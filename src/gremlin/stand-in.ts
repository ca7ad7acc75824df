// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, Node } from '../graph/element.js';
import { makeNode } from '../graph/revision.js';

/** A map as the node of which it is the metadata: conditions are on elements. */
export function standIn(metadata: MetadataMap): Node {
  return makeNode('', metadata, '', '', 0, 0, null, 0);
}
