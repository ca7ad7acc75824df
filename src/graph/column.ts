// SPDX-License-Identifier: Apache-2.0

import type { Element, MetadataValue } from './element.js';
import { rawField } from './field.js';
import { growFloat64, growInt32 } from './growable.js';
import { getPath } from './metadata.js';
import type { ValueProgram } from './program.js';
import { TextIndex } from './text-index.js';
import { textPrefix } from './text-prefix.js';
import type { DistinctValues, Handle } from './view.js';

/** Code of a handle without element. */
export const vacant = 0;
/** Code of an element that lacks the key. */
export const absent = 1;
/** Code of an array or map: such values are looked at in the element. */
export const compound = 2;
const firstScalar = 3;

const end = -1;
const maxPrograms = 32;
/** Each program has a byte for every code. */
const maxProgramBytes = 4 << 20;

/**
 * One key of all elements as integer codes of a dictionary, with the elements of each code threaded through linked
 * lists in integer arrays: equality is a walk of one list, any other condition is evaluated once per distinct value.
 */
export class Column implements DistinctValues {
  readonly key: string;
  /** Code by handle; may be shorter or longer than the store. */
  codes = new Int32Array(0);
  readonly #values: (MetadataValue | undefined)[] = [undefined, undefined, undefined];
  readonly #textCodes = new TextIndex((code) => this.#values[code] as string);
  /** Codes of numbers, booleans and null. */
  readonly #otherCodes = new Map<MetadataValue, number>();
  #lastText = '';
  #lastCode = -1;
  readonly #freeCodes: number[] = [];
  #counts = new Int32Array(0);
  #heads = growInt32(new Int32Array(0), firstScalar, end);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  readonly #top: boolean;
  /** By code, as far as somebody has asked. */
  #prefixes = new Float64Array(0);
  #prefixed = 0;
  /** What has been evaluated over the dictionary, oldest first. */
  readonly #programs = new Map<unknown, ValueProgram>();

  constructor(key: string) {
    this.key = key;
    this.#counts = growInt32(this.#counts, firstScalar, 0);
    this.#top = !key.startsWith('@') && !key.includes('.') && key !== '__proto__';
  }

  /** One more than the highest code. */
  get codeLimit(): number {
    return this.#values.length;
  }

  get hasLists(): boolean {
    return this.countOf(compound) > 0;
  }

  prefixes(to: number): Float64Array {
    if (this.#prefixed < to) this.#prefixes = growFloat64(this.#prefixes, to - 1);
    for (; this.#prefixed < to; this.#prefixed++)
      this.#prefixes[this.#prefixed] = prefixOf(this.#values[this.#prefixed]);
    return this.#prefixes;
  }

  /** Value of a scalar code in use. */
  value(code: number): MetadataValue | undefined {
    return this.#values[code];
  }

  /** Code of a scalar, -1 when no element has it. */
  codeOf(value: MetadataValue): number {
    return typeof value === 'string' ? this.#textCodes.find(value) : (this.#otherCodes.get(value) ?? -1);
  }

  /** Elements with that code. */
  countOf(code: number): number {
    return this.#counts[code]!;
  }

  /** Appends the handles with that code to `into` from index `at`; gives the index behind them. */
  collect(code: number, into: Uint32Array, at: number): number {
    let index = at;
    for (let handle = this.#heads[code]!; handle !== end; handle = this.#next[handle]!)
      into[index++] = handle;
    return index;
  }

  #read(element: Element): MetadataValue | undefined {
    if (!this.#top) return rawField(element, this.key);
    const value: unknown = element.Metadata[this.key];
    return typeof value === 'function' ? getPath(element.Metadata, this.key) : (value as MetadataValue);
  }

  insert(handle: Handle, element: Element): void {
    this.codes = growInt32(this.codes, handle, vacant);
    this.#next = growInt32(this.#next, handle, end);
    this.#previous = growInt32(this.#previous, handle, end);
    this.#enter(handle, this.#encode(this.#read(element)));
  }

  replace(handle: Handle, before: Element, after: Element): void {
    if (before.Metadata === after.Metadata && this.#top) return;
    const value = this.#read(after);
    if (value === this.#read(before)) return;
    const old = this.codes[handle]!;
    // The new value first: a code that both share is not freed between.
    const code = this.#encode(value);
    if (code === old) return;
    this.#leave(handle, old);
    this.#enter(handle, code);
    this.#forgetUnused(old);
  }

  remove(handle: Handle): void {
    const code = this.codes[handle]!;
    this.#leave(handle, code);
    this.codes[handle] = vacant;
    this.#forgetUnused(code);
  }

  #encode(value: MetadataValue | undefined): number {
    if (value === undefined) return absent;
    if (typeof value === 'object' && value !== null) return compound;
    // Neighbours in time are neighbours in the network: often the value is the one before.
    if (value === this.#lastText && this.#lastCode >= 0) return this.#lastCode;
    let code = this.codeOf(value);
    if (code < 0) code = this.#add(value);
    if (typeof value === 'string') {
      this.#lastText = value;
      this.#lastCode = code;
    }
    return code;
  }

  #add(value: MetadataValue): number {
    const code = this.#freeCodes.pop() ?? this.#values.length;
    if (code === this.#values.length) {
      this.#counts = growInt32(this.#counts, code, 0);
      this.#heads = growInt32(this.#heads, code, end);
    } else {
      for (const program of this.#programs.values()) program.forget(code);
    }
    this.#values[code] = value;
    if (code < this.#prefixed) this.#prefixes[code] = prefixOf(value);
    if (typeof value === 'string') this.#textCodes.add(value, code);
    else this.#otherCodes.set(value, code);
    return code;
  }

  #enter(handle: Handle, code: number): void {
    const head = this.#heads[code]!;
    this.codes[handle] = code;
    this.#next[handle] = head;
    this.#previous[handle] = end;
    if (head !== end) this.#previous[head] = handle;
    this.#heads[code] = handle;
    this.#counts[code]!++;
  }

  #leave(handle: Handle, code: number): void {
    const next = this.#next[handle]!;
    const previous = this.#previous[handle]!;
    if (previous === end) this.#heads[code] = next;
    else this.#next[previous] = next;
    if (next !== end) this.#previous[next] = previous;
    this.#counts[code]!--;
  }

  #forgetUnused(code: number): void {
    if (code < firstScalar || this.#counts[code] !== 0) return;
    const value = this.#values[code]!;
    if (typeof value === 'string') this.#textCodes.remove(value);
    else this.#otherCodes.delete(value);
    if (this.#lastCode === code) this.#lastCode = -1;
    this.#values[code] = undefined;
    this.#freeCodes.push(code);
  }

  /** The program kept under `signature`, made when there is none; the least recently used one gives way. */
  program(signature: unknown, make: () => ValueProgram): ValueProgram {
    const program = this.#programs.get(signature) ?? make();
    this.#programs.delete(signature);
    this.#programs.set(signature, program);
    const kept = Math.max(2, Math.min(maxPrograms, maxProgramBytes / this.codeLimit));
    while (this.#programs.size > kept) this.#programs.delete(this.#programs.keys().next().value);
    return program;
  }
}

function prefixOf(value: MetadataValue | undefined): number {
  return typeof value === 'string' ? textPrefix(value) : 0;
}
