// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../../graph/element.js';
import { isEdge, kinded, type WindowWriter } from './writer.js';

/**
 * Closes what an origin had made, and the edges at its nodes: the process that made it ended with the last write,
 * and makes it anew.
 */
export function closeOrigin(writer: WindowWriter, origin: string, at: Millis): void {
  const elements = writer.elements();
  const gone = new Set<string>();
  for (const element of elements) if (!isEdge(element) && element.Origin === origin) gone.add(element.ID);
  for (const element of elements) {
    const closes = isEdge(element)
      ? element.Origin === origin || gone.has(element.Parent) || gone.has(element.Child)
      : gone.has(element.ID);
    // A clock that ran backwards must not end an element before it began.
    if (closes) writer.end(kinded(element).kind, { ...element, DeletedAt: Math.max(at, element.UpdatedAt) });
  }
}
