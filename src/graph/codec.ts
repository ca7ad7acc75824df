// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import type { Edge, Element, ElementKind, MetadataMap, Millis, Node } from './element.js';
import { makeEdge, makeNode } from './revision.js';
import { shareEdgeMetadata, shareText } from './share.js';

/** Wire names by their lower-case form: keys are read in any case. */
const memberNames = new Map(
  [
    'ID',
    'Metadata',
    'Host',
    'Origin',
    'CreatedAt',
    'UpdatedAt',
    'DeletedAt',
    'Revision',
    'Parent',
    'Child',
  ].map((name) => [name.toLowerCase(), name]),
);

type Members = { [name: string]: unknown };

/**
 * A node from its JSON value. Unknown keys are ignored, absent times are `now`. Throws SKY_E_GRAPH_DECODE naming the
 * member.
 */
export function decodeNode(json: unknown, now: () => Millis = Date.now): Node {
  const read = membersOf('node', json);
  return makeNode(
    identifier('node', read, 'ID'),
    metadata('node', read),
    shareText(text('node', read, 'Host')),
    shareText(text('node', read, 'Origin')),
    time('node', read, 'CreatedAt') ?? now(),
    time('node', read, 'UpdatedAt') ?? now(),
    time('node', read, 'DeletedAt') ?? null,
    revision('node', read),
  );
}

/** An edge from its JSON value, as `decodeNode`. */
export function decodeEdge(json: unknown, now: () => Millis = Date.now): Edge {
  const read = membersOf('edge', json);
  return makeEdge(
    identifier('edge', read, 'ID'),
    shareEdgeMetadata(metadata('edge', read)),
    shareText(text('edge', read, 'Host')),
    shareText(text('edge', read, 'Origin')),
    time('edge', read, 'CreatedAt') ?? now(),
    time('edge', read, 'UpdatedAt') ?? now(),
    time('edge', read, 'DeletedAt') ?? null,
    revision('edge', read),
    identifier('edge', read, 'Parent'),
    identifier('edge', read, 'Child'),
  );
}

/** The JSON text of an element as it is on the wire. */
export function encodeElement(element: Element): string {
  return JSON.stringify(element);
}

/** The JSON text of a graph: `null` stands for an empty list. */
export function encodeGraph(nodes: readonly Node[], edges: readonly Edge[]): string {
  return JSON.stringify({
    Nodes: nodes.length > 0 ? nodes : null,
    Edges: edges.length > 0 ? edges : null,
  });
}

/** A node or edge from its JSON text. */
export function parseElement(kind: 'node', text: string): Node;
export function parseElement(kind: 'edge', text: string): Edge;
export function parseElement(kind: ElementKind, text: string): Node | Edge {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new SkydiveError('SKY_E_GRAPH_DECODE', `the ${kind} is no JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return kind === 'node' ? decodeNode(json) : decodeEdge(json);
}

function membersOf(kind: ElementKind, json: unknown): Members {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw refuse(kind, 'is no JSON object');
  }
  const read: Members = {};
  for (const [key, value] of Object.entries(json)) {
    const name = memberNames.get(key.toLowerCase());
    if (name !== undefined) read[name] = value;
  }
  return read;
}

function identifier(kind: ElementKind, read: Members, name: string): string {
  const id = text(kind, read, name);
  if (id === '') throw refuse(kind, `has no ${name}`);
  return id;
}

function text(kind: ElementKind, read: Members, name: string): string {
  const value = read[name] ?? '';
  if (typeof value !== 'string') throw refuse(kind, `has a ${name} that is no string`);
  return value;
}

function time(kind: ElementKind, read: Members, name: string): Millis | undefined {
  const value = read[name];
  if (value === undefined || value === null) return undefined;
  if (!Number.isSafeInteger(value)) throw refuse(kind, `has a ${name} that is no integer of milliseconds`);
  return value as Millis;
}

function revision(kind: ElementKind, read: Members): number {
  const value = read['Revision'] ?? 0;
  if (!Number.isSafeInteger(value)) throw refuse(kind, 'has a Revision that is no integer');
  return value as number;
}

function metadata(kind: ElementKind, read: Members): MetadataMap {
  const value = read['Metadata'] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw refuse(kind, 'has Metadata that is no object');
  return value as MetadataMap;
}

function refuse(kind: ElementKind, what: string): SkydiveError {
  return new SkydiveError('SKY_E_GRAPH_DECODE', `the ${kind} ${what}`);
}
