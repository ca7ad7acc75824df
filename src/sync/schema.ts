// SPDX-License-Identifier: Apache-2.0
// What a publisher's element must have (graph.md §12): the rules of the original's JSON schemas, checked on the
// decoded element. Times and types of members are the decoder's business.

import type { Edge, MetadataMap, Node } from '../graph/element.js';

/** Why the element is refused, undefined when it is fine. */
export function whyInvalid(kind: 'node' | 'edge', element: Node | Edge): string | undefined {
  return kind === 'node' ? nodeFault(element.Metadata) : edgeFault(element.Metadata);
}

function nodeFault(metadata: MetadataMap): string | undefined {
  const type = metadata['Type'];
  if (!filled(metadata['Name'])) return 'Metadata.Name is missing';
  if (filled(type) && type !== 'netns' && type !== 'ovsport') return undefined;
  if ((type === undefined || type === 'netns') && filled(metadata['Path'])) return undefined;
  if ((type === undefined || type === 'ovsport') && filled(metadata['UUID'])) return undefined;
  if (type === 'netns') return 'Metadata.Path of a netns is missing';
  if (type === 'ovsport') return 'Metadata.UUID of an ovsport is missing';
  return 'Metadata.Type is missing';
}

function edgeFault(metadata: MetadataMap): string | undefined {
  return filled(metadata['RelationType']) ? undefined : 'Metadata.RelationType is missing';
}

function filled(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0;
}
