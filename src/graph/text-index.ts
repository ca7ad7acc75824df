// SPDX-License-Identifier: Apache-2.0

import { randomInt } from 'node:crypto';

// A seed of this process, so that nobody can choose names that collide.
const seed = randomInt(2 ** 31);

function hash(text: string): number {
  const { length } = text;
  let mixed = seed ^ length;
  let i = 0;
  for (; i + 1 < length; i += 2) {
    mixed = Math.imul(mixed ^ (text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)), 0x9e3779b1);
    mixed ^= mixed >>> 15;
  }
  if (i < length) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x9e3779b1);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0x85ebca6b);
  return mixed ^ (mixed >>> 16);
}

/**
 * Finds numbers by text: an open-addressing table in one integer array (pairs of hash and number + 1, 0 = empty).
 * The texts stay with the owner, who gives them back by number. Against a `Map` it takes a third of the memory and
 * nothing that the garbage collector has to visit.
 */
export class TextIndex {
  readonly #textOf: (number: number) => string;
  #slots = new Int32Array(2 * 16);
  #mask = 15;
  #size = 0;
  /** What was looked for last is often added next. */
  #lastText = '';
  #lastHash = hash('');

  constructor(textOf: (number: number) => string) {
    this.#textOf = textOf;
  }

  get size(): number {
    return this.#size;
  }

  /** The number of the text, -1 when there is none. */
  find(text: string): number {
    const slots = this.#slots;
    const wanted = hash(text);
    this.#lastText = text;
    this.#lastHash = wanted;
    for (let slot = wanted & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = slots[2 * slot + 1]!;
      if (entry === 0) return -1;
      if (slots[2 * slot] === wanted && this.#textOf(entry - 1) === text) return entry - 1;
    }
  }

  /** Adds a text that is not there yet. */
  add(text: string, number: number): void {
    if (++this.#size * 4 > (this.#mask + 1) * 3) this.#grow();
    this.#place(text === this.#lastText ? this.#lastHash : hash(text), number + 1);
  }

  /** Removes a text that is there. */
  remove(text: string): void {
    const slots = this.#slots;
    const wanted = hash(text);
    let hole = wanted & this.#mask;
    while (slots[2 * hole] !== wanted || this.#textOf(slots[2 * hole + 1]! - 1) !== text) {
      hole = (hole + 1) & this.#mask;
    }
    this.#size--;
    // Entries behind that would not be found across the hole move into it.
    for (let slot = (hole + 1) & this.#mask; slots[2 * slot + 1] !== 0; slot = (slot + 1) & this.#mask) {
      const home = slots[2 * slot]! & this.#mask;
      if (((slot - home) & this.#mask) < ((slot - hole) & this.#mask)) continue;
      slots[2 * hole] = slots[2 * slot]!;
      slots[2 * hole + 1] = slots[2 * slot + 1]!;
      hole = slot;
    }
    slots[2 * hole + 1] = 0;
  }

  #place(hashed: number, entry: number): void {
    const slots = this.#slots;
    let slot = hashed & this.#mask;
    while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
    slots[2 * slot] = hashed;
    slots[2 * slot + 1] = entry;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    this.#mask = 2 * this.#mask + 1;
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.#place(old[i]!, old[i + 1]!);
  }
}
