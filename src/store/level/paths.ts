// SPDX-License-Identifier: Apache-2.0

/**
 * The metadata paths that a window's deltas name, as small numbers: a metric update then costs its digits, not its
 * key names.
 */
export class PathTable {
  readonly #ids = new Map<string, number>();
  readonly paths: (readonly string[])[] = [];
  readonly limit: number;

  constructor(limit = 20_000) {
    this.limit = limit;
  }

  /** Number of a path; -1 when the table is full (maps keyed by ever new names) and the path not in it. */
  intern(path: readonly string[]): number {
    const key = path.join('\u0000');
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.paths.length >= this.limit) return -1;
    const id = this.paths.length;
    this.#ids.set(key, id);
    this.paths.push([...path]);
    return id;
  }
}
