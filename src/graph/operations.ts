// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, MetadataValue } from './element.js';
import type { Operation } from './event.js';
import { deletePath, getPath, sameValue, setPath } from './metadata.js';

/** A change of several paths at once. */
export interface Changes {
  /** Values by dotted path. */
  readonly set?: Readonly<Record<string, MetadataValue>>;
  /** Dotted paths, deleted after the sets. */
  readonly delete?: readonly string[];
}

/** What a change makes of metadata, and the operations that had an effect. */
export interface Changed {
  readonly metadata: MetadataMap;
  readonly ops: readonly Operation[];
}

/** Applies sets, then deletes; those that change nothing or cannot be applied are left out. */
export function applyChanges(metadata: MetadataMap, changes: Changes): Changed {
  const ops: Operation[] = [];
  let result = metadata;
  for (const [key, value] of Object.entries(changes.set ?? {})) {
    if (sameValue(getPath(result, key), value)) continue;
    const next = setPath(result, key, value);
    if (next === undefined) continue;
    result = next;
    ops.push({ type: 'set', key, value });
  }
  for (const key of changes.delete ?? []) {
    const next = deletePath(result, key);
    if (next === undefined) continue;
    result = next;
    ops.push({ type: 'delete', key });
  }
  return { metadata: result, ops };
}

/** Applies the operations of a peer in order; a set that fails is skipped, as the peer's own graph did. */
export function applyOperations(metadata: MetadataMap, ops: readonly Operation[]): MetadataMap {
  let result = metadata;
  for (const op of ops) {
    result = (op.type === 'set' ? setPath(result, op.key, op.value) : deletePath(result, op.key)) ?? result;
  }
  return result;
}
