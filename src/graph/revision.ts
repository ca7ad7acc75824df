// SPDX-License-Identifier: Apache-2.0

import type { Edge, MetadataMap, Millis, Node } from './element.js';

// The only places that make elements: every node (edge) has the same hidden class, which is what makes reading a
// million of them fast, and the members stand in the order of the wire.

/** What a node is made of when it is not new: copied from another or decoded. */
export function makeNode(
  ID: string,
  Metadata: MetadataMap,
  Host: string,
  Origin: string,
  CreatedAt: Millis,
  UpdatedAt: Millis,
  DeletedAt: Millis | null,
  Revision: number,
): Node {
  return { ID, Metadata, Host, Origin, CreatedAt, UpdatedAt, DeletedAt, Revision };
}

export function makeEdge(
  ID: string,
  Metadata: MetadataMap,
  Host: string,
  Origin: string,
  CreatedAt: Millis,
  UpdatedAt: Millis,
  DeletedAt: Millis | null,
  Revision: number,
  Parent: string,
  Child: string,
): Edge {
  return { ID, Metadata, Host, Origin, CreatedAt, UpdatedAt, DeletedAt, Revision, Parent, Child };
}

/** The revision of a node that follows a change. */
export function reviseNode(node: Node, metadata: MetadataMap, updatedAt: Millis, revision: number): Node {
  const { ID, Host, Origin, CreatedAt, DeletedAt } = node;
  return makeNode(ID, metadata, Host, Origin, CreatedAt, updatedAt, DeletedAt, revision);
}

export function reviseEdge(edge: Edge, metadata: MetadataMap, updatedAt: Millis, revision: number): Edge {
  const { ID, Host, Origin, CreatedAt, DeletedAt, Parent, Child } = edge;
  return makeEdge(ID, metadata, Host, Origin, CreatedAt, updatedAt, DeletedAt, revision, Parent, Child);
}

/** The element as it is told to have been deleted. */
export function deletedNode(node: Node, deletedAt: Millis): Node {
  const { ID, Metadata, Host, Origin, CreatedAt, UpdatedAt, Revision } = node;
  return makeNode(ID, Metadata, Host, Origin, CreatedAt, UpdatedAt, deletedAt, Revision);
}

export function deletedEdge(edge: Edge, deletedAt: Millis): Edge {
  const { ID, Metadata, Host, Origin, CreatedAt, UpdatedAt, Revision, Parent, Child } = edge;
  return makeEdge(ID, Metadata, Host, Origin, CreatedAt, UpdatedAt, deletedAt, Revision, Parent, Child);
}
