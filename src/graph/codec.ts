// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { Edge, Element, ElementKind, MetadataMap, Millis, Node } from './element.js';
import { makeEdge, makeNode } from './revision.js';
import { shareEdgeMetadata, shareText } from './share.js';
import { refusedShape } from './typed.js';

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
  ].flatMap((name) => [
    [name, name],
    [name.toLowerCase(), name],
  ]),
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
  return escapeMarkup(JSON.stringify(element));
}

const markup = /[<>&\u2028\u2029]/;
const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON text with the characters escaped that the original's encoder escapes; they occur in strings only. */
export function escapeMarkup(json: string): string {
  return markup.test(json) ? json.replace(/[<>&\u2028\u2029]/g, (character) => escapes[character]!) : json;
}

/** The JSON text of a graph: `null` stands for an empty list. */
export function encodeGraph(nodes: readonly Node[], edges: readonly Edge[]): string {
  const graph = { Nodes: nodes.length > 0 ? nodes : null, Edges: edges.length > 0 ? edges : null };
  return escapeMarkup(JSON.stringify(graph));
}

function membersOf(kind: ElementKind, json: unknown): Members {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw refuse(kind, 'is no JSON object');
  }
  const read: Members = {};
  for (const [key, value] of Object.entries(json)) {
    // Nearly always the exact name: lower-casing is for the others.
    const name = memberNames.get(key) ?? memberNames.get(key.toLowerCase());
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
  const map = value as MetadataMap;
  if (kind === 'node') {
    for (const key in map) {
      const refused = refusedShape(key, map[key]!);
      if (refused !== undefined) throw refuse(kind, `has metadata ${key}, which ${refused}`);
    }
  }
  return map;
}

function refuse(kind: ElementKind, what: string): SkydiveError {
  return new SkydiveError('SKY_E_GRAPH_DECODE', `the ${kind} ${what}`);
}
