// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap, Millis } from '../../graph/element.js';
import type { KindedElement } from '../history.js';
import type { Database } from './database.js';
import { applyDelta, copyMaps } from './delta.js';
import { lifetimePrefix, rowKey } from './key.js';
import type { LoadedStore } from './loaded-store.js';
import { elementOf, type FullRow, isEnd, isFull, type Row, timeOf } from './row.js';

/** A full row at least this often, so that reading a revision means few rows. */
export const keyframeEvery = 32;

/**
 * The revision that a lifetime had at an instant within it; undefined when none of its rows is that old. At most
 * `limit` rows are looked at.
 */
export function revisionAt(
  store: LoadedStore,
  ordinal: number,
  instant: Millis,
  limit = Number.MAX_SAFE_INTEGER,
): KindedElement | undefined {
  const { database, lifetimes, paths } = store;
  const prefix = lifetimePrefix(ordinal);
  const row = (step: number): Row | undefined =>
    step < limit ? rowOf(database, rowKey(prefix, step)) : undefined;
  let step = lifetimes.jumps || limit <= keyframeEvery ? 0 : keyframeBefore(row, instant);
  let full: FullRow | undefined;
  let metadata: MetadataMap = {};
  let updatedAt = 0;
  let revision = 0;
  let deletedAt: Millis | null = null;
  // Where times run backwards the last row that is old enough counts, and what came before it is its history.
  let found: KindedElement | undefined;
  for (let current = row(step); current !== undefined; current = row(++step)) {
    const late = timeOf(current) > instant;
    if (late && !lifetimes.jumps) break;
    if (isFull(current)) {
      full = current;
      metadata = current[6];
      updatedAt = current[4];
      revision = current[5];
    } else if (isEnd(current)) {
      deletedAt = late ? null : current[0];
    } else {
      if (lifetimes.jumps) metadata = copyMaps(metadata);
      applyDelta(metadata, current[2], current[3] ?? [], paths.paths);
      updatedAt = current[0];
      revision = current[1];
    }
    if (lifetimes.jumps && full !== undefined && !late) {
      found = elementOf(full, metadata, updatedAt, revision, deletedAt);
    }
  }
  if (lifetimes.jumps || full === undefined) return found;
  return elementOf(full, metadata, updatedAt, revision, deletedAt);
}

/** The last keyframe that is not younger than the instant, by doubling and halving. */
function keyframeBefore(row: (step: number) => Row | undefined, instant: Millis): number {
  const old = (keyframe: number): boolean => {
    const found = row(keyframe * keyframeEvery);
    return found !== undefined && timeOf(found) <= instant;
  };
  if (!old(1)) return 0;
  let low = 1;
  let high = 2;
  while (old(high)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (old(middle)) low = middle;
    else high = middle;
  }
  return low * keyframeEvery;
}

function rowOf(database: Database, key: string): Row | undefined {
  const text = database.getSync(key);
  return text === undefined ? undefined : (JSON.parse(text) as Row);
}
