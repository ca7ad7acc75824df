// SPDX-License-Identifier: Apache-2.0

import { setImmediate } from 'node:timers/promises';
import type { Element } from '../graph/element.js';
import type { Handle } from '../graph/view.js';

/** Elements fetched between two turns of the event loop. */
const slice = 2048;

/** The elements behind the handles of a view, without holding the event loop. */
export async function fetchAll<T extends Element>(
  handles: Uint32Array,
  fetch: (handle: Handle) => T,
): Promise<T[]> {
  const elements: T[] = [];
  for (let at = 0; at < handles.length; at += slice) {
    for (const handle of handles.subarray(at, at + slice)) elements.push(fetch(handle));
    await setImmediate();
  }
  return elements;
}
