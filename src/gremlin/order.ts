// SPDX-License-Identifier: Apache-2.0

import type { Scheduler } from './scheduler.js';

export type Comparison<T> = (a: T, b: T) => number;

/** Short enough to be sorted in one go. */
const run = 2048;

/** Sorts a list, stably, letting others run meanwhile; gives it back as it is when it is in order already. */
export async function sortInSlices<T>(
  list: readonly T[],
  compare: Comparison<T>,
  scheduler: Scheduler,
): Promise<readonly T[]> {
  if (list.length <= run) return inOrder(list, compare, 1, list.length) ? list : [...list].sort(compare);
  let sorted = true;
  for (let from = 1; from < list.length && sorted; from += run) {
    sorted = inOrder(list, compare, from, Math.min(from + run, list.length));
    if (scheduler.due()) await scheduler.pause();
  }
  if (sorted) return list;
  let source: T[] = [];
  for (let from = 0; from < list.length; from += run) {
    source.push(...list.slice(from, from + run).sort(compare));
    if (scheduler.due()) await scheduler.pause();
  }
  let target: T[] = new Array(list.length);
  for (let width = run; width < list.length; width *= 2) {
    for (let low = 0; low < list.length; low += width * 2) {
      const middle = Math.min(low + width, list.length);
      const high = Math.min(low + width * 2, list.length);
      let left = low;
      let right = middle;
      for (let to = low; to < high; to++) {
        const takesLeft = left < middle && (right >= high || compare(source[left]!, source[right]!) <= 0);
        target[to] = takesLeft ? source[left++]! : source[right++]!;
        if ((to & 1023) === 0 && scheduler.due()) await scheduler.pause();
      }
    }
    [source, target] = [target, source];
  }
  return source;
}

function inOrder<T>(list: readonly T[], compare: Comparison<T>, from: number, to: number): boolean {
  for (let i = Math.max(1, from); i < to; i++) if (compare(list[i - 1]!, list[i]!) > 0) return false;
  return true;
}

/** The handles of the first `most` items. */
export async function handlesOf(
  items: readonly { readonly handle: number }[],
  most: number,
  scheduler: Scheduler,
): Promise<Uint32Array> {
  const handles = new Uint32Array(Math.min(most, items.length));
  for (let i = 0; i < handles.length; i++) {
    handles[i] = items[i]!.handle;
    if ((i & 4095) === 4095 && scheduler.due()) await scheduler.pause();
  }
  return handles;
}
