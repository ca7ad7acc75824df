// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { Edge, Element, MetadataValue, Millis, Node } from '../graph/element.js';
import type { GraphEvent, Operation } from '../graph/event.js';
import type { GraphView } from '../graph/view.js';
import { encodeJson } from '../json/encode.js';
import type { MessageHead } from '../wire/message.js';
import { Outgoing } from '../wire/outgoing.js';
import { elementChunks, viewChunks } from './graph-chunks.js';

/** Routing key of everything about the graph. */
export const graphNamespace = 'Graph';

/** `partial` sends the operations of an update, `full` the element. */
export type UpdatePolicy = 'full' | 'partial';

/** A partial update as it is on the wire. */
export interface PartialUpdate {
  readonly id: string;
  readonly updatedAt: Millis;
  readonly revision: number;
  readonly ops: readonly Operation[];
}

function graphMessage(type: string, text: () => string): Outgoing {
  return Outgoing.text({ namespace: graphNamespace, type }, text);
}

export function elementMessage(kind: 'Node' | 'Edge', change: string, element: Element): Outgoing {
  return graphMessage(`${kind}${change}`, () => encodeJson(element));
}

function partialMessage(kind: 'Node' | 'Edge', element: Element, ops: readonly Operation[]): Outgoing {
  return graphMessage(`${kind}PartiallyUpdated`, () =>
    encodeJson({
      ID: element.ID,
      UpdatedAt: element.UpdatedAt,
      Revision: element.Revision,
      Ops: ops.map((op) =>
        op.type === 'set' ? { Type: 1, Key: op.key, Value: op.value } : { Type: 2, Key: op.key, Value: null },
      ),
    }),
  );
}

/**
 * The message about an event. An update that its operations do not describe goes out in full whatever the policy:
 * the original sent `"Ops": null` then, and its receivers lost the content.
 */
export function eventMessage(event: GraphEvent, policy: UpdatePolicy): Outgoing {
  switch (event.type) {
    case 'nodeAdded':
      return elementMessage('Node', 'Added', event.node);
    case 'nodeDeleted':
      return elementMessage('Node', 'Deleted', event.node);
    case 'edgeAdded':
      return elementMessage('Edge', 'Added', event.edge);
    case 'edgeDeleted':
      return elementMessage('Edge', 'Deleted', event.edge);
    case 'nodeUpdated':
      if (policy === 'full' || event.ops === undefined) return elementMessage('Node', 'Updated', event.node);
      return partialMessage('Node', event.node, event.ops);
    case 'edgeUpdated':
      if (policy === 'full' || event.ops === undefined) return elementMessage('Edge', 'Updated', event.edge);
      return partialMessage('Edge', event.edge, event.ops);
  }
}

/** The messages about one event, each made once however many connections get it. */
export class EventMessages {
  readonly event: GraphEvent;
  readonly #made = new Map<UpdatePolicy, Outgoing>();

  constructor(event: GraphEvent) {
    this.event = event;
  }

  get(policy: UpdatePolicy): Outgoing {
    // Only updates that operations describe differ by policy.
    const partial = policy === 'partial' && 'ops' in this.event && this.event.ops !== undefined;
    const key = partial ? 'partial' : 'full';
    const made = this.#made.get(key) ?? eventMessage(this.event, key);
    this.#made.set(key, made);
    return made;
  }
}

/** A whole graph; `view` is asked for one when a connection takes the message, and releases it when it is sent. */
export function syncMessage(head: Omit<MessageHead, 'namespace'>, view: () => GraphView): Outgoing {
  return Outgoing.chunked({ ...head, namespace: graphNamespace }, () => viewChunks(view()));
}

/** Some elements as a graph. */
export function elementsMessage(
  head: Omit<MessageHead, 'namespace'>,
  nodes: readonly Node[],
  edges: readonly Edge[],
): Outgoing {
  return Outgoing.chunked({ ...head, namespace: graphNamespace }, () => elementChunks(nodes, edges));
}

/** Reads the payload of a partial update. Throws SKY_E_WIRE; an unknown operation type refuses all of it. */
export function decodePartialUpdate(json: unknown): PartialUpdate {
  const read = members(json, 'a partial update');
  const { id, updatedat: updatedAt, revision, ops } = read;
  if (typeof id !== 'string' || id === '') throw malformed('a partial update has no ID');
  if (updatedAt !== undefined && updatedAt !== null && !Number.isSafeInteger(updatedAt)) {
    throw malformed(`UpdatedAt of ${id} is no integer of milliseconds`);
  }
  if (revision !== undefined && !Number.isSafeInteger(revision))
    throw malformed(`Revision of ${id} is no integer`);
  if (ops !== undefined && ops !== null && !Array.isArray(ops)) throw malformed(`Ops of ${id} is no list`);
  return {
    id,
    updatedAt: (updatedAt as number | null | undefined) ?? Date.now(),
    revision: (revision as number | undefined) ?? 0,
    ops: ((ops as unknown[] | null | undefined) ?? []).map((op) => operation(id, op)),
  };
}

function operation(id: string, json: unknown): Operation {
  const { type, key, value } = members(json, `an operation of ${id}`);
  if (typeof key !== 'string') throw malformed(`an operation of ${id} has no Key`);
  if (type === 1) return { type: 'set', key, value: (value ?? null) as MetadataValue };
  if (type === 2) return { type: 'delete', key };
  throw malformed(`an operation of ${id} has the unknown Type ${JSON.stringify(type)}`);
}

/** Members of a JSON object under their lower-case names. */
export function members(json: unknown, what: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw malformed(`${what} is no JSON object`);
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key.toLowerCase(), value]));
}

export function malformed(what: string): SkydiveError {
  return new SkydiveError('SKY_E_WIRE', what);
}
