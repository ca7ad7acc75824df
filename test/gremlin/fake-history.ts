// SPDX-License-Identifier: Apache-2.0

import type { Edge, Element, Millis, Node } from '../../src/graph/element.js';
import { snapshotView } from '../../src/graph/snapshot.js';
import type { GraphSource, GraphView, TimeSlice, ViewContext } from '../../src/graph/view.js';

/** A revision and when the next one took its place. */
export interface Record<T extends Element> {
  readonly element: T;
  readonly archivedAt: Millis | null;
}

/** A graph with its past, as two lists of revisions. */
export class FakeHistory implements GraphSource {
  readonly nodeRecords: readonly Record<Node>[];
  readonly edgeRecords: readonly Record<Edge>[];

  constructor(nodes: readonly Record<Node>[], edges: readonly Record<Edge>[]) {
    this.nodeRecords = nodes;
    this.edgeRecords = edges;
  }

  view(context: ViewContext = { kind: 'live' }): GraphView {
    return snapshotView(context, seen(this.nodeRecords, context), seen(this.edgeRecords, context));
  }
}

function seen<T extends Element>(records: readonly Record<T>[], context: ViewContext): T[] {
  if (context.kind === 'live') {
    return records.filter(({ archivedAt }) => archivedAt === null).map(({ element }) => element);
  }
  const found = records.filter((record) => within(record, context.slice)).map(({ element }) => element);
  if (context.kind === 'slice') return found.sort((a, b) => a.UpdatedAt - b.UpdatedAt);
  const newest = new Map<string, T>();
  for (const element of found) {
    if ((newest.get(element.ID)?.Revision ?? 0) < element.Revision) newest.set(element.ID, element);
  }
  return [...newest.values()];
}

function within({ element, archivedAt }: Record<Element>, { start, last }: TimeSlice): boolean {
  return (
    element.CreatedAt <= last &&
    (element.DeletedAt === null || element.DeletedAt >= start) &&
    element.UpdatedAt <= last &&
    (archivedAt === null || archivedAt >= start)
  );
}
