// SPDX-License-Identifier: Apache-2.0

/** A growing list of handles. */
export class HandleList {
  #items: Uint32Array = new Uint32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(handle: number): void {
    if (this.#length === this.#items.length) this.#grow(this.#length + 1);
    this.#items[this.#length++] = handle;
  }

  append(handles: Uint32Array): void {
    if (this.#length + handles.length > this.#items.length) this.#grow(this.#length + handles.length);
    this.#items.set(handles, this.#length);
    this.#length += handles.length;
  }

  /** What was collected; shares memory with the list, which is not used any more. */
  take(): Uint32Array {
    return this.#items.subarray(0, this.#length);
  }

  #grow(least: number): void {
    const items = new Uint32Array(Math.max(least, this.#items.length * 2));
    items.set(this.#items.subarray(0, this.#length));
    this.#items = items;
  }
}

/** A set of handles, dense ones. */
export class HandleSet {
  #bits: Uint32Array = new Uint32Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(handle: number): boolean {
    const word = this.#bits[handle >>> 5];
    return word !== undefined && (word & (1 << (handle & 31))) !== 0;
  }

  /** Ascending. */
  *[Symbol.iterator](): Generator<number> {
    for (let at = 0; at < this.#bits.length; at++) {
      for (let word = this.#bits[at]!; word !== 0; word &= word - 1) {
        yield at * 32 + 31 - Math.clz32(word & -word);
      }
    }
  }

  /** False when it was there already. */
  add(handle: number): boolean {
    const at = handle >>> 5;
    if (at >= this.#bits.length) {
      const bits = new Uint32Array(Math.max(at + 1, this.#bits.length * 2));
      bits.set(this.#bits);
      this.#bits = bits;
    }
    const bit = 1 << (handle & 31);
    if ((this.#bits[at]! & bit) !== 0) return false;
    this.#bits[at]! |= bit;
    this.#size++;
    return true;
  }
}

const pageBits = 12;

/** A small integer by handle, in pages: unlike a Map it never has to move all it holds at once. */
export class HandleMap {
  /** Two more than the value, 0 for none. */
  readonly #pages: (Int32Array | undefined)[] = [];

  has(handle: number): boolean {
    return (this.#pages[handle >>> pageBits]?.[handle & ((1 << pageBits) - 1)] ?? 0) !== 0;
  }

  /** Undefined when there is none. */
  get(handle: number): number | undefined {
    const kept = this.#pages[handle >>> pageBits]?.[handle & ((1 << pageBits) - 1)] ?? 0;
    return kept === 0 ? undefined : kept - 2;
  }

  /** From -1 on. */
  set(handle: number, value: number): void {
    const at = handle >>> pageBits;
    let page = this.#pages[at];
    if (page === undefined) {
      page = new Int32Array(1 << pageBits);
      this.#pages[at] = page;
    }
    page[handle & ((1 << pageBits) - 1)] = value + 2;
  }
}
