// SPDX-License-Identifier: Apache-2.0

import type { Element } from './element.js';
import type { Handle } from './view.js';

/** What a store looked like at one moment: the elements that changed since, and the handles known then. */
export interface StorePin<T extends Element> {
  /** Handles from here on did not exist yet. */
  readonly limit: number;
  readonly count: number;
  /** Old element of each handle that changed since, undefined where there was none. */
  readonly overlay: Map<Handle, T | undefined>;
  /** Handles, by ID, of elements that were there and are gone since. */
  readonly removed: Map<string, Handle>;
  readonly serial: number;
}

/** Elements of one kind by dense handle and by ID, with the pins of whoever still looks at an earlier moment. */
export class ElementStore<T extends Element> {
  readonly #elements: (T | undefined)[] = [];
  readonly #handles = new Map<string, Handle>();
  readonly #free: Handle[] = [];
  /** Handles freed while pinned, with the serial of the newest pin that may still use them. */
  readonly #held: { handle: Handle; serial: number }[] = [];
  readonly #pins: StorePin<T>[] = [];
  #serial = 0;

  get count(): number {
    return this.#handles.size;
  }

  /** One more than the highest handle ever given out. */
  get limit(): number {
    return this.#elements.length;
  }

  handleOf(id: string): Handle {
    return this.#handles.get(id) ?? -1;
  }

  at(handle: Handle): T | undefined {
    return this.#elements[handle];
  }

  byId(id: string): T | undefined {
    const handle = this.#handles.get(id);
    return handle === undefined ? undefined : this.#elements[handle];
  }

  /** Every element, in the order of handles; tolerates changes meanwhile. */
  *all(): Generator<T> {
    for (let handle = 0; handle < this.#elements.length; handle++) {
      const element = this.#elements[handle];
      if (element !== undefined) yield element;
    }
  }

  insert(element: T): Handle {
    const handle = this.#free.pop() ?? this.#elements.length;
    for (const pin of this.#pins) {
      if (handle < pin.limit && !pin.overlay.has(handle)) pin.overlay.set(handle, undefined);
    }
    this.#elements[handle] = element;
    this.#handles.set(element.ID, handle);
    return handle;
  }

  replace(handle: Handle, element: T): void {
    this.#remember(handle);
    this.#elements[handle] = element;
  }

  remove(handle: Handle): void {
    const element = this.#elements[handle]!;
    for (const pin of this.#pins) {
      if (handle >= pin.limit) continue;
      const known = pin.overlay.has(handle) ? pin.overlay.get(handle) : element;
      if (known !== undefined) pin.removed.set(known.ID, handle);
    }
    this.#remember(handle);
    this.#elements[handle] = undefined;
    this.#handles.delete(element.ID);
    const newest = this.#pins.at(-1);
    if (newest === undefined) this.#free.push(handle);
    else this.#held.push({ handle, serial: newest.serial });
  }

  #remember(handle: Handle): void {
    for (const pin of this.#pins) {
      if (handle < pin.limit && !pin.overlay.has(handle)) pin.overlay.set(handle, this.#elements[handle]);
    }
  }

  pin(): StorePin<T> {
    const pin: StorePin<T> = {
      limit: this.limit,
      count: this.count,
      overlay: new Map(),
      removed: new Map(),
      serial: this.#serial++,
    };
    this.#pins.push(pin);
    return pin;
  }

  unpin(pin: StorePin<T>): void {
    this.#pins.splice(this.#pins.indexOf(pin), 1);
    const oldest = this.#pins[0]?.serial ?? Number.POSITIVE_INFINITY;
    let released = 0;
    while (released < this.#held.length && this.#held[released]!.serial < oldest) {
      this.#free.push(this.#held[released++]!.handle);
    }
    this.#held.splice(0, released);
  }
}
