// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue } from '../../graph/element.js';
import type { Handle } from '../../graph/view.js';

const unknown = 0xffffffff;

/** Distinct values of one key over the handles of a view, as codes. */
export interface Column {
  codeOf(handle: Handle): number;
  /** By code. */
  readonly values: readonly (MetadataValue | undefined)[];
}

/** A column that a window already has. */
export class ReadyColumn implements Column {
  readonly values: readonly (MetadataValue | undefined)[];
  readonly #codes: Uint32Array;

  constructor(codes: Uint32Array, values: readonly (MetadataValue | undefined)[]) {
    this.#codes = codes;
    this.values = values;
  }

  codeOf(handle: Handle): number {
    return this.#codes[handle]!;
  }
}

/** A column that is filled as it is asked: an element is read once for it, whatever is asked later. */
export class LazyColumn implements Column {
  readonly values: (MetadataValue | undefined)[] = [];
  readonly #codes: Uint32Array;
  readonly #codeByValue = new Map<MetadataValue | undefined, number>();
  readonly #read: (handle: Handle) => MetadataValue | undefined;

  constructor(size: number, read: (handle: Handle) => MetadataValue | undefined) {
    this.#codes = new Uint32Array(size).fill(unknown);
    this.#read = read;
  }

  codeOf(handle: Handle): number {
    const known = this.#codes[handle]!;
    if (known !== unknown) return known;
    const value = this.#read(handle);
    const key = typeof value === 'object' && value !== null ? `\u0000${JSON.stringify(value)}` : value;
    let code = this.#codeByValue.get(key);
    if (code === undefined) {
      code = this.values.length;
      this.values.push(value);
      this.#codeByValue.set(key, code);
    }
    this.#codes[handle] = code;
    return code;
  }
}

/** Runs a test once per distinct value of a column. */
export function testColumn(
  column: Column,
  test: (value: MetadataValue | undefined) => boolean,
): (handle: Handle) => boolean {
  // By code: 0 not yet run, 1 passes, 2 does not.
  let verdicts = new Uint8Array(Math.max(16, column.values.length));
  return (handle) => {
    const code = column.codeOf(handle);
    if (code >= verdicts.length) {
      const grown = new Uint8Array(Math.max(code + 1, verdicts.length * 2));
      grown.set(verdicts);
      verdicts = grown;
    }
    const verdict = verdicts[code]!;
    if (verdict !== 0) return verdict === 1;
    const passes = test(column.values[code]);
    verdicts[code] = passes ? 1 : 2;
    return passes;
  };
}
