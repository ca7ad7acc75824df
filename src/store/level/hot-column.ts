// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue, Millis } from '../../graph/element.js';
import { TextIndex } from '../../graph/text-index.js';
import type { Slices } from './slices.js';

interface Change {
  readonly at: Millis;
  readonly code: number;
  /** Changes of the column before this one. */
  readonly serial: number;
}

/** No value, in the codes of a column. */
export const absent = 0;

/**
 * One hot key over the lifetimes of a window: distinct values as codes, the first code of each lifetime, and the
 * changes since, which are few. `undefined` is the absent key.
 */
export class HotColumn {
  /** By code; code 0 is the absent value. Grows only. */
  readonly values: (MetadataValue | undefined)[] = [undefined];
  #first = new Uint32Array(256);
  readonly #textCodes = new TextIndex((code) => this.values[code] as string);
  /** Codes of numbers, booleans and null, and by their JSON those of arrays and maps. */
  readonly #otherCodes = new Map<MetadataValue, number>();
  readonly #changes = new Map<number, Change[]>();
  /** Codes of arrays and maps: they may equal something by what is in them. */
  readonly #compounds: number[] = [];
  /** What is still to be read. */
  readonly #loads: (() => void)[] = [];
  /** Changes so far. */
  serial = 0;

  /** First values of ordinals below `limit` that need not be read before somebody asks for them. */
  later(limit: number, load: () => void): void {
    this.#reserve(limit);
    this.#loads.push(load);
  }

  add(ordinal: number, value: MetadataValue | undefined): void {
    this.#reserve(ordinal + 1);
    this.#first[ordinal] = this.#encode(value);
  }

  change(ordinal: number, at: Millis, value: MetadataValue | undefined): void {
    const change = { at, code: this.#encode(value), serial: this.serial++ };
    const known = this.#changes.get(ordinal);
    if (known === undefined) this.#changes.set(ordinal, [change]);
    else known.push(change);
  }

  /** The codes that can equal one of the values. */
  codesOf(values: readonly (string | number | boolean | null)[]): number[] {
    this.#load();
    const codes: number[] = [];
    for (const value of values) {
      const code =
        typeof value === 'string' ? this.#textCodes.find(value) : (this.#otherCodes.get(value) ?? -1);
      if (code >= 0) codes.push(code);
    }
    return [...new Set(codes), ...this.#compounds];
  }

  /** Codes of lifetimes, in ascending order, at an instant within them, as the column was at a serial. */
  codesAt(ordinals: Uint32Array, instant: Millis, before: number): Uint32Array {
    this.#load();
    const codes = new Uint32Array(ordinals.length);
    const first = this.#first;
    for (let place = 0; place < codes.length; place++) codes[place] = first[ordinals[place]!]!;
    for (const [ordinal, changes] of this.#changes) {
      const last = changes.findLast(({ at, serial }) => at <= instant && serial < before);
      if (last === undefined) continue;
      const place = placeOf(ordinals, ordinal);
      if (place >= 0) codes[place] = last.code;
    }
    return codes;
  }

  /** Reads what is still to be read, in slices; who asks meanwhile reads the rest at once. */
  async warm(slices: Slices): Promise<void> {
    for (let load = this.#loads.pop(); load !== undefined; load = this.#loads.pop()) {
      load();
      if (slices.over) await slices.pause();
    }
  }

  #load(): void {
    for (const load of this.#loads.splice(0)) load();
  }

  #reserve(size: number): void {
    if (size <= this.#first.length) return;
    const grown = new Uint32Array(Math.max(size, Math.ceil(this.#first.length * 1.5)));
    grown.set(this.#first);
    this.#first = grown;
  }

  #encode(value: MetadataValue | undefined): number {
    if (value === undefined) return absent;
    if (typeof value === 'string') {
      const known = this.#textCodes.find(value);
      if (known >= 0) return known;
      const code = this.values.push(value) - 1;
      this.#textCodes.add(value, code);
      return code;
    }
    // Arrays and maps are equal by content.
    const isCompound = typeof value === 'object' && value !== null;
    const key = isCompound ? JSON.stringify(value) : value;
    const known = this.#otherCodes.get(key);
    if (known !== undefined) return known;
    const code = this.values.push(value) - 1;
    if (isCompound) this.#compounds.push(code);
    this.#otherCodes.set(key, code);
    return code;
  }
}

/** Where a number stands in an ascending array, -1 when it does not. */
export function placeOf(ascending: Uint32Array, wanted: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = ascending[middle]!;
    if (found === wanted) return middle;
    if (found < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
