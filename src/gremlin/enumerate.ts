// SPDX-License-Identifier: Apache-2.0

import type { ElementKind } from '../graph/element.js';
import { conditionsCall, pageOf, slicePage } from './absorb.js';
import { conditionsOf } from './conditions.js';
import type { Edges, Nodes } from './current.js';
import { GremlinError } from './error.js';
import { stringAt } from './params.js';
import type { Run } from './run.js';
import type { Scope } from './scope.js';
import type { Stage } from './step.js';

/** What V and E do: all elements, the one with an ID, or those that the absorbed Has lets pass. */
export async function enumerate(
  run: Run,
  stage: Stage,
  scope: Scope,
  kind: ElementKind,
): Promise<Nodes | Edges> {
  const page = pageOf(stage);
  const found = await candidates(run, stage, scope, kind);
  const handles = stage.ordered ? await run.order(scope, kind, found, page?.to) : found;
  return {
    kind: kind === 'node' ? 'V' : 'E',
    scope,
    handles: slicePage(handles, page),
    ordered: stage.ordered || found.length < 2,
  };
}

async function candidates(run: Run, stage: Stage, scope: Scope, kind: ElementKind): Promise<Uint32Array> {
  if (stage.call.params.length === 0) {
    const found = await run.select(scope, kind, conditionsOf(conditionsCall(stage)));
    if (kind === 'node' && stage.absorbed.length === 0) scope.allNodes = found;
    return found;
  }
  const id = stringAt(stage.call);
  const handles = await withId(run, scope, kind, id);
  if (handles.length === 0)
    throw new GremlinError('X-ID', `there is no ${kind} with the ID "${id}" in this graph`);
  return handles;
}

/** The element with an ID; in a slice the oldest of its revisions. */
async function withId(run: Run, scope: Scope, kind: ElementKind, id: string): Promise<Uint32Array> {
  const { view } = scope;
  if (scope.isSlice) {
    const revisions = await run.select(scope, kind, { kind: 'term', key: '@ID', value: id });
    const revision = (handle: number): number =>
      (kind === 'node' ? view.node(handle) : view.edge(handle)).Revision;
    return revisions.sort((a, b) => revision(a) - revision(b)).slice(0, 1);
  }
  const handle = kind === 'node' ? view.nodeById(id) : view.edgeById(id);
  return handle < 0 ? new Uint32Array(0) : Uint32Array.of(handle);
}
