// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { GraphView, Handle, ViewContext } from '../graph/view.js';
import type { Scheduler } from './scheduler.js';

const none = new Uint32Array(0);

/** The graph that a query is in: the live one, one of the past, or what SubGraph made. */
export class Scope {
  readonly view: GraphView;
  /** False of what SubGraph made: it has neither past nor flows of the past. */
  readonly rooted: boolean;
  /** The very list that V gave when it gave all nodes. */
  allNodes: Uint32Array | undefined;
  #revisions: Map<string, Handle[]> | undefined;

  constructor(view: GraphView, rooted = true) {
    this.view = view;
    this.rooted = rooted;
  }

  get context(): ViewContext {
    return this.view.context;
  }

  /** The context that flows are asked for: SubGraph's graph asks the live tables. */
  get isSlice(): boolean {
    return this.view.context.kind === 'slice';
  }

  /** Parent and child ends of an edge: one handle, or, in a slice, one for each revision of that node. */
  parentsOf(edge: Handle): Uint32Array {
    return this.#ends(this.view.parentOf(edge));
  }

  childrenOf(edge: Handle): Uint32Array {
    return this.#ends(this.view.childOf(edge));
  }

  /** The ends of an edge at `node` that are not that node; the node itself for a self loop. */
  otherEnds(edge: Handle, node: Handle): Uint32Array {
    const parent = this.view.parentOf(edge);
    if (!this.isSlice) return this.#ends(parent === node ? this.view.childOf(edge) : parent);
    const isParent = parent >= 0 && this.view.node(parent).ID === this.view.node(node).ID;
    return isParent ? this.childrenOf(edge) : this.#ends(parent);
  }

  /** In a slice, to be awaited before the ends of edges are asked for: finds out which revisions each node has. */
  async index(scheduler: Scheduler): Promise<void> {
    if (!this.isSlice || this.#revisions !== undefined) return;
    const revisions = new Map<string, Handle[]>();
    const handles = this.view.nodes();
    for (let i = 0; i < handles.length; i++) {
      const { ID } = this.view.node(handles[i]!);
      const of = revisions.get(ID);
      if (of === undefined) revisions.set(ID, [handles[i]!]);
      else of.push(handles[i]!);
      if ((i & 255) === 255 && scheduler.due()) await scheduler.pause();
    }
    const byRevision = (a: Handle, b: Handle): number =>
      this.view.node(a).Revision - this.view.node(b).Revision;
    for (const of of revisions.values()) {
      if (of.length > 1) of.sort(byRevision);
      if (scheduler.due()) await scheduler.pause();
    }
    this.#revisions = revisions;
  }

  /** Every revision of a node in a slice that was indexed, oldest first; the one node elsewhere. */
  revisionsOf(id: string): Uint32Array {
    if (!this.isSlice) return one(this.view.nodeById(id));
    if (this.#revisions === undefined)
      throw new SkydiveError('SKY_E_INTERNAL', 'the revisions of this slice were not indexed');
    return Uint32Array.from(this.#revisions.get(id) ?? []);
  }

  #ends(handle: Handle): Uint32Array {
    if (handle < 0 || !this.isSlice) return one(handle);
    return this.revisionsOf(this.view.node(handle).ID);
  }
}

function one(handle: Handle): Uint32Array {
  return handle < 0 ? none : Uint32Array.of(handle);
}
