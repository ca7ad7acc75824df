// SPDX-License-Identifier: Apache-2.0

import type { Element } from './element.js';

function byId(a: Element, b: Element): number {
  return a.ID < b.ID ? -1 : a.ID > b.ID ? 1 : a.Revision - b.Revision;
}

/** How elements are enumerated: by creation, then ID. The original's order was arbitrary. */
export function byCreation(a: Element, b: Element): number {
  return a.CreatedAt - b.CreatedAt || byId(a, b);
}

/** How the revisions of a slice are enumerated: as they came into being. */
export function byUpdate(a: Element, b: Element): number {
  return a.UpdatedAt - b.UpdatedAt || byId(a, b);
}
