// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap } from '../../../graph/element.js';
import { setPath } from '../../../graph/metadata.js';
import type { RowMetadata } from './row-metadata.js';

/** The metadata of a new node. A path that leads through a text is left out, as nothing could be found there. */
export function nested(metadata: RowMetadata): MetadataMap {
  return Object.entries(metadata).reduce<MetadataMap>(
    (map, [path, value]) => setPath(map, path, value) ?? map,
    {},
  );
}
