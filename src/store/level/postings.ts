// SPDX-License-Identifier: Apache-2.0

import type { Handle } from '../../graph/view.js';

/** The handles of each code of a column, packed: those of code c are `handles[from[c]]` to `handles[from[c + 1] - 1]`. */
export class Postings {
  readonly #from: Uint32Array;
  readonly #handles: Uint32Array;

  constructor(codes: Uint32Array, codeLimit: number) {
    const from = new Uint32Array(codeLimit + 1);
    for (let handle = 0; handle < codes.length; handle++) from[codes[handle]! + 1]!++;
    for (let code = 0; code < codeLimit; code++) from[code + 1]! += from[code]!;
    const next = from.slice();
    const handles = new Uint32Array(codes.length);
    for (let handle = 0; handle < codes.length; handle++) handles[next[codes[handle]!]!++] = handle;
    this.#from = from;
    this.#handles = handles;
  }

  /** Handles that have one of the codes; ascending. */
  with(codes: readonly number[]): Uint32Array {
    if (codes.length === 1) return this.#of(codes[0]!).slice();
    const found: Handle[] = [];
    for (const code of codes) for (const handle of this.#of(code)) found.push(handle);
    return Uint32Array.from(found).sort();
  }

  #of(code: number): Uint32Array {
    // A code that came after this was made has no handles here.
    if (code + 1 >= this.#from.length) return new Uint32Array(0);
    return this.#handles.subarray(this.#from[code]!, this.#from[code + 1]!);
  }
}
