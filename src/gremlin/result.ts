// SPDX-License-Identifier: Apache-2.0

import type { Edge, Node } from '../graph/element.js';
import { ByKey } from './by-key.js';
import type { Current } from './current.js';
import type { Flow } from './flow-source.js';
import { orNull } from './list.js';
import { show } from './metrics/record.js';
import type { Run } from './run.js';

/** What a query gave. It holds elements, not the graph: it stays as it is whatever happens to the graph. */
export type Result = {
  /** The JSON value, in the shapes that clients know. For what may be large see `output/json.ts`. */
  toJSON(): unknown;
  /** Advice for whoever asked: the query finds nothing, but a likely variation does. Only when the run was told to. */
  readonly hint?: string;
} & (
  | { readonly kind: 'Graph'; readonly nodes: readonly Node[]; readonly edges: readonly Edge[] }
  | { readonly kind: 'V'; readonly nodes: readonly Node[] }
  | { readonly kind: 'E'; readonly edges: readonly Edge[] }
  | { readonly kind: 'Paths'; readonly paths: readonly (readonly Node[])[] }
  | { readonly kind: Keyed['kind']; readonly byKey: ByKey }
  | { readonly kind: 'Value' | 'Flows'; readonly value: unknown }
);

/** What shows as a list of one object, empty without any key. */
type Keyed = Extract<Current, { kind: 'Metrics' | 'RawPackets' | 'Sockets' | 'Group' | 'NextHop' }>;

/** Takes out of the graph what the result needs of it. */
export async function materialise(run: Run, current: Current): Promise<Result> {
  switch (current.kind) {
    case 'Graph': {
      const { scope } = current;
      const nodes = await run.elements(scope, 'node', await run.order(scope, 'node', scope.view.nodes()));
      const edges = await run.elements(scope, 'edge', await run.order(scope, 'edge', scope.view.edges()));
      return {
        kind: 'Graph',
        nodes,
        edges,
        toJSON: () => [{ Nodes: orNull(nodes), Edges: orNull(edges) }],
      };
    }
    case 'V': {
      const { handles } = await run.ordered(current);
      const nodes = await run.elements(current.scope, 'node', handles);
      return { kind: 'V', nodes, toJSON: () => nodes };
    }
    case 'E': {
      const { handles } = await run.ordered(current);
      const edges = await run.elements(current.scope, 'edge', handles);
      return { kind: 'E', edges, toJSON: () => edges };
    }
    case 'Paths': {
      const paths: Node[][] = [];
      for (const path of current.paths) paths.push(await run.elements(current.scope, 'node', path));
      return { kind: 'Paths', paths, toJSON: () => paths };
    }
    case 'Value': {
      const { kind, value } = current;
      return { kind, value, toJSON: () => value };
    }
    case 'Flows': {
      const value = await run.scheduler.map(await current.flows(), shownFlow);
      return { kind: 'Flows', value, toJSON: () => value };
    }
    default: {
      const { kind } = current;
      const byKey = shownByKey(current);
      return { kind, byKey, toJSON: () => (byKey.size === 0 ? [] : [Object.fromEntries(byKey)]) };
    }
  }
}

function shownByKey(current: Keyed): ByKey {
  switch (current.kind) {
    case 'Metrics': {
      const { series, metricKind } = current;
      return ByKey.of(series, (records) => records.map((record) => show(metricKind, record)));
    }
    case 'Group':
      return ByKey.of(current.groups, (flows) => flows.map(shownFlow));
    case 'RawPackets':
      return ByKey.of(current.packets, (packets) => packets);
    case 'Sockets':
      return ByKey.of(current.sockets, (sockets) => sockets);
    case 'NextHop':
      return ByKey.of(current.hops, (hop) => hop);
  }
}

/** Raw packets are not part of what clients see of a flow. */
function shownFlow(flow: Flow): Flow {
  if (flow.LastRawPackets === undefined) return flow;
  const { LastRawPackets: _, ...shown } = flow;
  return shown;
}
