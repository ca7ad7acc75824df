// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../../graph/element.js';
import { Slices } from './slices.js';
import { isEdge, kinded, type WindowWriter } from './writer.js';

/**
 * Closes what an origin had made, and the edges at its nodes: the process that made it ended with the last write,
 * and makes it anew.
 */
export async function closeOrigin(writer: WindowWriter, origin: string, at: Millis): Promise<void> {
  const slices = new Slices();
  const elements = writer.elements();
  const gone = new Set<string>();
  for (const element of elements) {
    if (!isEdge(element) && element.Origin === origin) gone.add(element.ID);
    if (slices.over) await slices.pause();
  }
  for (const element of elements) {
    const closes = isEdge(element)
      ? element.Origin === origin || gone.has(element.Parent) || gone.has(element.Child)
      : gone.has(element.ID);
    // A clock that ran backwards must not end an element before it began.
    if (closes) writer.end(kinded(element).kind, { ...element, DeletedAt: Math.max(at, element.UpdatedAt) });
    if (slices.over) await slices.pause();
  }
}
