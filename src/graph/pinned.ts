// SPDX-License-Identifier: Apache-2.0

import type { Element } from './element.js';
import type { Filter } from './filter.js';
import { compiled } from './match.js';
import { narrow, selectAll } from './select.js';
import type { ElementStore, StorePin } from './store.js';
import type { Handle } from './view.js';

// A store as a pin saw it: handles that the pin has kept an old element of are answered from there, all others from
// the store and its columns, which still hold for them.

/** The element that the handle named then. */
export function elementThen<T extends Element>(
  store: ElementStore<T>,
  pin: StorePin<T>,
  handle: Handle,
): T | undefined {
  if (handle >= pin.limit) return undefined;
  if (pin.overlay.size > 0) {
    const old = pin.overlay.get(handle);
    if (old !== undefined || pin.overlay.has(handle)) return old;
  }
  return store.at(handle);
}

/** The handle that the ID had then, -1 when it had none. */
export function handleThen<T extends Element>(store: ElementStore<T>, pin: StorePin<T>, id: string): Handle {
  const removed = pin.removed.get(id);
  if (removed !== undefined) return removed;
  const handle = store.handleOf(id);
  return handle >= 0 && elementThen(store, pin, handle)?.ID === id ? handle : -1;
}

/** Every handle of then, ascending. */
export function handlesThen<T extends Element>(store: ElementStore<T>, pin: StorePin<T>): Uint32Array {
  if (isUnchanged(store, pin)) return store.handles();
  // Handles whose presence differs between then and now are few: they are taken along in one pass over the store.
  const differing: Handle[] = [];
  for (const [handle, old] of pin.overlay) {
    if ((old !== undefined) !== (store.at(handle) !== undefined)) differing.push(handle);
  }
  differing.sort((a, b) => a - b);
  const found = new Uint32Array(pin.count);
  let length = 0;
  let next = 0;
  for (let handle = 0; handle < pin.limit; handle++) {
    let present = store.at(handle) !== undefined;
    if (handle === differing[next]) {
      present = !present;
      next++;
    }
    if (present) found[length++] = handle;
  }
  return found;
}

/** What passed the filter then, ascending or in the order of `among`. */
export function selectThen<T extends Element>(
  store: ElementStore<T>,
  pin: StorePin<T>,
  filter: Filter,
  among?: Uint32Array,
): Uint32Array {
  if (isUnchanged(store, pin)) {
    return among === undefined ? selectAll(store, filter) : narrow(store, filter, among);
  }
  const { overlay } = pin;
  const matches = compiled(store.kind, filter);
  if (among === undefined) {
    const kept = selectAll(store, filter).filter((handle) => handle < pin.limit && !overlay.has(handle));
    const old: Handle[] = [];
    for (const [handle, element] of overlay) if (element !== undefined && matches(element)) old.push(handle);
    if (old.length === 0) return kept;
    const both = new Uint32Array(kept.length + old.length);
    both.set(kept);
    both.set(old, kept.length);
    return both.sort();
  }
  if (overlay.size === 0) return narrow(store, filter, among);
  const clean = narrow(
    store,
    filter,
    among.filter((handle) => !overlay.has(handle)),
  );
  if (clean.length === among.length) return clean;
  const passed = new Set(clean);
  return among.filter((handle) => {
    const old = overlay.get(handle);
    return old === undefined ? passed.has(handle) : matches(old);
  });
}

/** True while nothing that the pin could see has changed, nor anything been added. */
function isUnchanged<T extends Element>(store: ElementStore<T>, pin: StorePin<T>): boolean {
  return pin.overlay.size === 0 && pin.limit === store.limit;
}
