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
