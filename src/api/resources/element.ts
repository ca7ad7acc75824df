// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { Edge, ElementKind, MetadataMap, Millis, Node } from '../../graph/element.js';
import type { Graph } from '../../graph/graph.js';
import { makeEdge, makeNode } from '../../graph/revision.js';
import { schemaError } from '../../graph/schema.js';
import { fetchAll } from '../fetch-all.js';
import type { Resource } from './resource.js';

/** A node or edge as the API shows and takes it: an edge's ends come first, times that were not given are null. */
interface ElementJson {
  readonly Parent?: string;
  readonly Child?: string;
  readonly ID: string;
  readonly Metadata: MetadataMap;
  readonly Host: string;
  readonly Origin: string;
  readonly CreatedAt: Millis | null;
  readonly UpdatedAt: Millis | null;
  readonly DeletedAt: Millis | null;
  readonly Revision: number;
}

function shown(element: Node | Edge): ElementJson {
  const { ID, Metadata, Host, Origin, CreatedAt, UpdatedAt, DeletedAt, Revision } = element;
  const common = { ID, Metadata, Host, Origin, CreatedAt, UpdatedAt, DeletedAt, Revision };
  if (!('Parent' in element)) return common;
  return { Parent: element.Parent, Child: element.Child, ...common };
}

function refuse(message: string): SkydiveError {
  return new SkydiveError('SKY_E_BAD_REQUEST', message);
}

function text(members: Record<string, unknown>, name: string): string {
  const value = members[name] ?? '';
  if (typeof value !== 'string') throw refuse(`${name} has to be a string`);
  return value;
}

function end(members: Record<string, unknown>, name: 'Parent' | 'Child'): string {
  const value = members[name] ?? '';
  if (typeof value !== 'string') throw refuse(`${name.toLowerCase()} ID wrong format`);
  return value;
}

function time(members: Record<string, unknown>, name: string): Millis | null {
  const value = members[name] ?? null;
  if (value !== null && !Number.isSafeInteger(value)) {
    throw refuse(`${name} has to be an integer of milliseconds since 1970, or null`);
  }
  return value as Millis | null;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decode(kind: ElementKind, value: unknown): ElementJson {
  if (!isMap(value)) throw refuse(`${kind === 'node' ? 'a node' : 'an edge'} has to be a JSON object`);
  const metadata = value['Metadata'] ?? {};
  if (!isMap(metadata)) throw refuse('Metadata has to be an object');
  const revision = value['Revision'] ?? 0;
  if (!Number.isSafeInteger(revision)) throw refuse('Revision has to be an integer');
  return {
    ...(kind === 'edge' ? { Parent: end(value, 'Parent'), Child: end(value, 'Child') } : {}),
    ID: text(value, 'ID'),
    Metadata: metadata as MetadataMap,
    Host: text(value, 'Host'),
    Origin: text(value, 'Origin'),
    CreatedAt: time(value, 'CreatedAt'),
    UpdatedAt: time(value, 'UpdatedAt'),
    DeletedAt: time(value, 'DeletedAt'),
    Revision: revision as number,
  };
}

function* entriesOf(elements: readonly (Node | Edge)[]): Generator<readonly [string, ElementJson]> {
  for (const element of elements) yield [element.ID, shown(element)];
}

/** Metadata of a node that no patch changes: they are its identity. */
const keptKeys = ['Name', 'Type', 'TID'];

function withIdentity(patched: MetadataMap, current: MetadataMap): MetadataMap {
  const kept = keptKeys.filter((key) => Object.hasOwn(current, key)).map((key) => [key, current[key]!]);
  return { ...patched, ...Object.fromEntries(kept) };
}

function insert(
  graph: Graph,
  kind: ElementKind,
  given: ElementJson,
  origin: string,
  now: () => Millis,
): void {
  const { ID, Metadata, Host, DeletedAt, Revision, Parent = '', Child = '' } = given;
  const createdAt = given.CreatedAt ?? now();
  const updatedAt = given.UpdatedAt ?? createdAt;
  const from = given.Origin || origin;
  if (kind === 'node') {
    const node = makeNode(ID, Metadata, Host, from, createdAt, updatedAt, DeletedAt, Revision);
    if (!graph.applyNodeAdded(node)) throw refuse('Node ID conflict');
    return;
  }
  if (graph.getEdge(ID) !== undefined) throw refuse('Edge ID conflict');
  if (graph.getNode(Parent) === undefined) throw refuse('Parent node not found');
  if (graph.getNode(Child) === undefined) throw refuse('Child node not found');
  graph.applyEdgeAdded(
    makeEdge(ID, Metadata, Host, from, createdAt, updatedAt, DeletedAt, Revision, Parent, Child),
  );
}

/**
 * Nodes (edges) of the live graph as a resource. What clients create without Origin gets `api.<host of the graph>`;
 * of a patch only the metadata count.
 */
export function elementResource(
  kind: ElementKind,
  graph: Graph,
  now: () => Millis = Date.now,
): Resource<ElementJson> {
  const get = (id: string) => (kind === 'node' ? graph.getNode(id) : graph.getEdge(id));
  return {
    name: kind,
    title: kind === 'node' ? 'Node' : 'Edge',
    async list() {
      const view = graph.view();
      try {
        const elements: readonly (Node | Edge)[] =
          kind === 'node'
            ? await fetchAll(view.nodes(), (handle) => view.node(handle))
            : await fetchAll(view.edges(), (handle) => view.edge(handle));
        return entriesOf(elements);
      } finally {
        view.release();
      }
    },
    get(id) {
      const element = get(id);
      return element === undefined ? undefined : shown(element);
    },
    decode: (value) => decode(kind, value),
    validate(given) {
      const error = schemaError(kind, given);
      if (error !== undefined) throw refuse(error);
    },
    create(given) {
      insert(graph, kind, given, `api.${graph.host}`, now);
      // As the original: what was sent, not what is stored.
      return given;
    },
    update(id, patched) {
      const current = get(id);
      if (current === undefined) throw refuse(`${kind} ${id} was deleted meanwhile`);
      const metadata = kind === 'node' ? withIdentity(patched.Metadata, current.Metadata) : patched.Metadata;
      if (!graph.setMetadata(kind, id, metadata)) return undefined;
      return shown(get(id) ?? current);
    },
    delete: (id) => (kind === 'node' ? graph.deleteNode(id) : graph.deleteEdge(id)),
  };
}
