// SPDX-License-Identifier: Apache-2.0

import { ascending } from './ascending.js';
import { Column } from './column.js';
import type { Element, ElementKind } from './element.js';
import { byCreation } from './enumeration.js';
import { metadataPath } from './field.js';
import type { Table } from './select.js';
import { TextIndex } from './text-index.js';
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
export class ElementStore<T extends Element> implements Table {
  readonly kind: ElementKind;
  readonly #elements: (T | undefined)[] = [];
  readonly #handles = new TextIndex((handle) => this.#elements[handle]!.ID);
  readonly #columns: readonly Column[];
  readonly #columnOf: ReadonlyMap<string, Column>;
  readonly #free: Handle[] = [];
  /** Handles freed while pinned, with the serial of the newest pin that may still use them. */
  readonly #held: { handle: Handle; serial: number }[] = [];
  readonly #pins: StorePin<T>[] = [];
  #serial = 0;
  #inOrderTo = 0;
  #lastInOrder: T | undefined;

  constructor(kind: ElementKind, columnKeys: readonly string[]) {
    this.kind = kind;
    this.#columns = columnKeys.map((key) => new Column(key));
    this.#columnOf = new Map(this.#columns.map((column) => [column.key, column]));
  }

  get count(): number {
    return this.#handles.size;
  }

  get limit(): number {
    return this.#elements.length;
  }

  /**
   * The elements with handles below, those still pinned included, are in the order of creation and ID: they came that
   * way, and no handle was used again.
   */
  get inOrderTo(): Handle {
    return this.#inOrderTo;
  }

  column(key: string): Column | undefined {
    return this.#columnOf.get(metadataPath(key));
  }

  handleOf(id: string): Handle {
    return this.#handles.find(id);
  }

  handlesOf(id: string): Uint32Array {
    const handle = this.#handles.find(id);
    return handle < 0 ? new Uint32Array(0) : Uint32Array.of(handle);
  }

  at(handle: Handle): T | undefined {
    return this.#elements[handle];
  }

  byId(id: string): T | undefined {
    const handle = this.#handles.find(id);
    return handle < 0 ? undefined : this.#elements[handle];
  }

  handles(): Uint32Array {
    const elements = this.#elements;
    if (this.count === elements.length) return ascending(this.count);
    const handles = new Uint32Array(this.count);
    let length = 0;
    for (let handle = 0; handle < elements.length; handle++) {
      if (elements[handle] !== undefined) handles[length++] = handle;
    }
    return handles;
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
    if (this.#pins.length > 0) this.#remember(handle);
    if (handle < this.#inOrderTo) this.#inOrderTo = handle;
    else if (handle === this.#inOrderTo && !(this.#elements.length > handle)) this.#extendOrder(element);
    this.#elements[handle] = element;
    this.#handles.add(element.ID, handle);
    for (const column of this.#columns) column.insert(handle, element);
    return handle;
  }

  #extendOrder(element: T): void {
    const last = this.#lastInOrder;
    if (last !== undefined && byCreation(last, element) > 0) return;
    this.#lastInOrder = element;
    this.#inOrderTo++;
  }

  replace(handle: Handle, element: T): void {
    const before = this.#elements[handle]!;
    if (this.#pins.length > 0) this.#remember(handle);
    this.#elements[handle] = element;
    for (const column of this.#columns) column.replace(handle, before, element);
  }

  remove(handle: Handle): void {
    const element = this.#elements[handle]!;
    for (const pin of this.#pins) {
      if (handle >= pin.limit) continue;
      const known = pin.overlay.has(handle) ? pin.overlay.get(handle) : element;
      if (known !== undefined) pin.removed.set(known.ID, handle);
    }
    this.#remember(handle);
    this.#handles.remove(element.ID);
    this.#elements[handle] = undefined;
    for (const column of this.#columns) column.remove(handle);
    const newest = this.#pins.at(-1);
    if (newest === undefined) this.#free.push(handle);
    else this.#held.push({ handle, serial: newest.serial });
  }

  /** Keeps what is about to change for the pins that do not keep it yet. */
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
