// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { StructMessage } from '../../wire/message.js';

/** What analyzers have agents do on nodes (wire-protocol.md §13). */
export type TaskKind = 'Capture' | 'PacketInjection';

/** A thing to be done, with an id of its own. */
export interface TaskResource {
  readonly UUID: string;
}

/** What `Start`, `Stop` and their replies carry. */
export interface TaskMessage {
  readonly NodeID: string;
  readonly Resource: TaskResource;
}

/** Namespace of the messages between analyzer and agent. */
export function taskNamespace(kind: TaskKind): string {
  return `OnDemand${kind}`;
}

/** Namespace of what subscribers are told. */
export function notificationNamespace(kind: TaskKind): string {
  return `OnDemand${kind}Notification`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws SKY_E_WIRE. */
export function decodeTask(message: StructMessage): TaskMessage {
  const obj = message.payload.json();
  if (!isObject(obj) || typeof obj['NodeID'] !== 'string') {
    throw new SkydiveError('SKY_E_WIRE', 'Obj has no NodeID');
  }
  const resource = obj['Resource'];
  if (!isObject(resource) || typeof resource['UUID'] !== 'string') {
    throw new SkydiveError('SKY_E_WIRE', 'Obj has no Resource with a UUID');
  }
  return { NodeID: obj['NodeID'], Resource: resource as unknown as TaskResource };
}
