// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../../graph/element.js';

/** How much of the past is kept. Absent: without limit. */
export interface Retention {
  readonly maxAgeMs?: number;
  readonly maxSizeBytes?: number;
}

export interface Measured {
  readonly start: Millis;
  /** Absent on the window that is being written, which is never dropped. */
  readonly end?: Millis;
  readonly bytes: number;
}

/** The windows, oldest first, that have to go: those that ended too long ago, and the oldest that do not fit. */
export function expired<T extends Measured>(windows: readonly T[], now: Millis, retention: Retention): T[] {
  const { maxAgeMs = Number.POSITIVE_INFINITY, maxSizeBytes = Number.POSITIVE_INFINITY } = retention;
  let bytes = windows.reduce((sum, window) => sum + window.bytes, 0);
  const gone: T[] = [];
  for (const window of windows) {
    if (window.end === undefined) break;
    if (now - window.end <= maxAgeMs && bytes <= maxSizeBytes) break;
    gone.push(window);
    bytes -= window.bytes;
  }
  return gone;
}

/** What decides whether a new window begins. Bytes before compression. */
export interface Filling {
  readonly ageMs: number;
  /** What a checkpoint of the elements that are open takes. */
  readonly checkpointBytes: number;
  readonly logBytes: number;
}

/** A window is worth its checkpoint only when it holds more than that; a small one is cheap to go on with. */
const smallestWindowBytes = 16 * 1024 * 1024;

/**
 * Whether the next window is due. Windows are as large as twice their checkpoint, so that checkpoints stay below a
 * third of the disk, but small enough that dropping one drops little: an eighth of the size, a 24th of the age kept.
 */
export function isRollDue(filling: Filling, retention: Retention): boolean {
  const { ageMs, checkpointBytes, logBytes } = filling;
  if (logBytes === 0) return false;
  const { maxAgeMs = Number.POSITIVE_INFINITY, maxSizeBytes = Number.POSITIVE_INFINITY } = retention;
  const worth = Math.max(2 * checkpointBytes, smallestWindowBytes);
  const share = Math.max(maxSizeBytes / 8 - checkpointBytes, maxSizeBytes / 32);
  if (logBytes >= Math.min(worth, share)) return true;
  return ageMs >= maxAgeMs / 24;
}
