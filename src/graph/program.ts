// SPDX-License-Identifier: Apache-2.0

import { addon } from '../native/addon.js';
import { absent, type Column, compound, vacant } from './column.js';
import type { ElementKind } from './element.js';
import { growUint8 } from './growable.js';
import { type LeafFilter, type ValueTest, valueTest } from './match.js';

const unknown = 0;
const fails = 1;
/** `passingBit` knows these bits. */
const passes = 2;
const pending = 3;

/** Which of these scalars pass; `undefined` values are of codes that nobody has. */
type BatchTest = (column: Column, codes: readonly number[]) => ArrayLike<number | boolean>;

/** A condition over the dictionary of a column: evaluated once per code, when the code first comes up. */
export class ValueProgram {
  readonly test: ValueTest;
  readonly #batch: BatchTest;
  #states = new Uint8Array(0);

  constructor(test: ValueTest, batch?: BatchTest) {
    this.test = test;
    this.#batch = batch ?? ((column, codes) => codes.map((code) => test(column.value(code))));
  }

  /** To be called when a code gets another value. */
  forget(code: number): void {
    if (code < this.#states.length) this.#states[code] = unknown;
  }

  /** State by code, known for every code; `passes` or not, `compound` is to be looked at one by one. */
  evaluateAll(column: Column): Uint8Array {
    const wanted: number[] = [];
    this.#states = growUint8(this.#states, column.codeLimit);
    for (let code = compound + 1; code < column.codeLimit; code++) {
      if (this.#states[code] === unknown && column.countOf(code) > 0) wanted.push(code);
    }
    return this.#evaluate(column, wanted);
  }

  /** As `evaluateAll`, for the codes of these handles only. */
  evaluate(column: Column, handles: Uint32Array): Uint8Array {
    const { codes } = column;
    const wanted: number[] = [];
    this.#states = growUint8(this.#states, column.codeLimit);
    const states = this.#states;
    for (let i = 0; i < handles.length; i++) {
      const code = codes[handles[i]!]!;
      if (states[code] === unknown && code > compound) {
        states[code] = pending;
        wanted.push(code);
      }
    }
    return this.#evaluate(column, wanted);
  }

  #evaluate(column: Column, codes: readonly number[]): Uint8Array {
    const states = this.#states;
    states[vacant] = fails;
    states[absent] = this.test(undefined) ? passes : fails;
    states[compound] = fails;
    if (codes.length > 0) {
      try {
        const results = this.#batch(column, codes);
        for (let i = 0; i < codes.length; i++) states[codes[i]!] = results[i] ? passes : fails;
      } catch (error) {
        for (const code of codes) states[code] = unknown;
        throw error;
      }
    }
    return states;
  }
}

/** True for the state of a code that passes. */
export function isPassing(state: number): boolean {
  return state === passes;
}

/** 1 for the state of a code that passes, else 0; without a branch. */
export function passingBit(state: number): number {
  return (state >> 1) & ~state & 1;
}

/** The program of a leaf over its column, kept there for the next query that asks the same. */
export function programOf(kind: ElementKind, column: Column, filter: LeafFilter): ValueProgram {
  if (filter.kind === 'test') {
    // With an index to its values it looks at few: not worth keeping.
    if (filter.terms !== undefined) return new ValueProgram(filter.test);
    return column.program(filter.test, () => new ValueProgram(filter.test));
  }
  const { kind: condition, key: _, ...operands } = filter;
  return column.program(`${condition} ${JSON.stringify(operands)}`, () =>
    filter.kind === 'regex'
      ? new ValueProgram(valueTest(kind, filter), regexBatch(filter.pattern))
      : new ValueProgram(valueTest(kind, filter)),
  );
}

/** One crossing into the addon for all strings. */
function regexBatch(pattern: string): BatchTest {
  const regexp = new (addon().Regexp)(pattern);
  return (column, codes) => {
    const texts: string[] = [];
    const positions: number[] = [];
    codes.forEach((code, position) => {
      const value = column.value(code);
      if (typeof value !== 'string') return;
      texts.push(value);
      positions.push(position);
    });
    const matched = regexp.testAll(texts);
    if (texts.length === codes.length) return matched;
    const results = new Uint8Array(codes.length);
    positions.forEach((position, i) => {
      results[position] = matched[i]!;
    });
    return results;
  };
}
