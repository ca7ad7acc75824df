// SPDX-License-Identifier: Apache-2.0

let shared = new Uint32Array(0);

/** 0, 1, 2 … `count` - 1. Every caller gets the same memory: it is not to be written to. */
export function ascending(count: number): Uint32Array {
  if (shared.length < count) {
    shared = new Uint32Array(Math.ceil(count * 1.25));
    for (let i = 0; i < shared.length; i++) shared[i] = i;
  }
  return shared.subarray(0, count);
}

/** Fewer than one of so many are sorted; more are marked. */
const sparse = 64;

/** The handles of all parts, ascending, each once; all are below `limit`. */
export function ascendingOnce(parts: readonly Uint32Array[], limit: number): Uint32Array {
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  return count * sparse < limit ? sortedOnce(parts, count) : markedOnce(parts, count, limit);
}

function sortedOnce(parts: readonly Uint32Array[], count: number): Uint32Array {
  const all = new Uint32Array(count);
  let length = 0;
  for (const part of parts) {
    all.set(part, length);
    length += part.length;
  }
  all.sort();
  let kept = 0;
  for (let i = 0; i < all.length; i++) if (i === 0 || all[i] !== all[i - 1]) all[kept++] = all[i]!;
  return all.subarray(0, kept);
}

function markedOnce(parts: readonly Uint32Array[], count: number, limit: number): Uint32Array {
  const marks = new Uint8Array(limit);
  for (const part of parts) for (let i = 0; i < part.length; i++) marks[part[i]!] = 1;
  const all = new Uint32Array(count + 1);
  let kept = 0;
  // Without a branch that could be guessed wrong: written always, counted when it is meant.
  for (let handle = 0; handle < limit; handle++) {
    all[kept] = handle;
    kept += marks[handle]!;
  }
  return all.subarray(0, kept);
}
