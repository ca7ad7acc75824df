// SPDX-License-Identifier: Apache-2.0

import type { Edge, Node } from '../../graph/element.js';
import { SnapshotBuilder } from '../../graph/snapshot.js';
import type { GraphView, TimeSlice } from '../../graph/view.js';
import type { KindedElement } from '../history.js';
import type { Archived } from './revisions.js';
import { Slices } from './slices.js';
import type { Window } from './window.js';

/**
 * Every revision that a slice touches, by UpdatedAt: CreatedAt ≤ last, DeletedAt absent or ≥ start, UpdatedAt ≤ last
 * and ArchivedAt absent or ≥ start. `windows`: those that speak of the slice, oldest first, loaded.
 */
export async function sliceView(
  slice: TimeSlice,
  windows: readonly Window[],
  signal?: AbortSignal,
): Promise<GraphView> {
  // A window's checkpoint repeats the last revisions of the window before; the later word holds.
  const revisions = new Map<string, KindedElement>();
  for (const window of windows) {
    for await (const history of window.revisions(signal)) {
      for (const archived of history) {
        if (!touches(archived, slice)) continue;
        const { kind, element } = archived.revision;
        revisions.set(
          `${kind}\u0000${element.ID}\u0000${element.CreatedAt}\u0000${element.UpdatedAt}\u0000${element.Revision}`,
          asOf(archived.revision, slice),
        );
      }
    }
  }
  const nodes: Node[] = [];
  const edges: Edge[] = [];
  for (const { kind, element } of revisions.values()) {
    if (kind === 'node') nodes.push(element);
    else edges.push(element);
  }
  nodes.sort(byTime);
  edges.sort(byTime);
  const builder = new SnapshotBuilder({ kind: 'slice', slice });
  const slices = new Slices(signal);
  for (const node of nodes) {
    builder.addNode(node);
    await slices.pause();
  }
  for (const edge of edges) {
    builder.addEdge(edge);
    await slices.pause();
  }
  return builder.finish();
}

function touches({ revision, archivedAt }: Archived, { start, last }: TimeSlice): boolean {
  const { CreatedAt, UpdatedAt, DeletedAt } = revision.element;
  return (
    CreatedAt <= last &&
    (DeletedAt === null || DeletedAt >= start) &&
    UpdatedAt <= last &&
    archivedAt >= start
  );
}

/** A deletion after the slice has not happened yet. */
function asOf(revision: KindedElement, { last }: TimeSlice): KindedElement {
  const { DeletedAt } = revision.element;
  if (DeletedAt === null || DeletedAt <= last) return revision;
  return { kind: revision.kind, element: { ...revision.element, DeletedAt: null } } as KindedElement;
}

function byTime(one: Node, other: Node): number {
  return one.UpdatedAt - other.UpdatedAt || one.Revision - other.Revision;
}
