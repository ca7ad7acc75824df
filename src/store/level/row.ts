// SPDX-License-Identifier: Apache-2.0

import type { Edge, ElementKind, MetadataMap, MetadataValue, Millis, Node } from '../../graph/element.js';
import type { KindedElement } from '../history.js';
import type { Delta } from './delta.js';

/**
 * A row of a lifetime, as JSON array:
 * * full: ID, Host, Origin, CreatedAt, UpdatedAt, Revision, Metadata and, for an edge, Parent and Child;
 * * delta: UpdatedAt, Revision, sets, deleted paths (see delta.ts);
 * * end: DeletedAt.
 */
export type FullRow = readonly [
  id: string,
  host: string,
  origin: string,
  createdAt: Millis,
  updatedAt: Millis,
  revision: number,
  metadata: MetadataMap,
  parent?: string,
  child?: string,
];
export type DeltaRow = readonly [
  updatedAt: Millis,
  revision: number,
  sets: readonly (number | MetadataValue)[],
  deletes?: readonly number[],
];
export type EndRow = readonly [deletedAt: Millis];
export type Row = FullRow | DeltaRow | EndRow;

export function fullRow(element: Node | Edge): FullRow {
  const { ID, Host, Origin, CreatedAt, UpdatedAt, Revision, Metadata } = element;
  if ('Parent' in element) {
    return [
      ID,
      Host,
      Origin,
      CreatedAt,
      UpdatedAt,
      Revision,
      Metadata,
      element.Parent,
      element.Child,
    ] as const;
  }
  return [ID, Host, Origin, CreatedAt, UpdatedAt, Revision, Metadata];
}

export function deltaRow(updatedAt: Millis, revision: number, delta: Delta): DeltaRow {
  if (delta.deletes.length === 0) return [updatedAt, revision, delta.sets];
  return [updatedAt, revision, delta.sets, delta.deletes];
}

export const isFull = (row: Row): row is FullRow => typeof row[0] === 'string';
export const isEnd = (row: Row): row is EndRow => row.length === 1;

/** When a row took effect. */
export function timeOf(row: Row): Millis {
  return isFull(row) ? row[4] : row[0];
}

export const kindOf = (row: FullRow): ElementKind => (row.length > 7 ? 'edge' : 'node');

/** The element that a full row, with the metadata and revision that its deltas led to, describes. */
export function elementOf(
  row: FullRow,
  metadata: MetadataMap,
  updatedAt: Millis,
  revision: number,
  deletedAt: Millis | null,
): KindedElement {
  const node: Node = {
    ID: row[0],
    Metadata: metadata,
    Host: row[1],
    Origin: row[2],
    CreatedAt: row[3],
    UpdatedAt: updatedAt,
    DeletedAt: deletedAt,
    Revision: revision,
  };
  if (row.length <= 7) return { kind: 'node', element: node };
  return { kind: 'edge', element: { ...node, Parent: row[7]!, Child: row[8]! } };
}
