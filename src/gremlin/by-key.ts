// SPDX-License-Identifier: Apache-2.0

/** What a step found, by node or flow, shown as clients see it only when it is gone through. */
export class ByKey {
  readonly size: number;
  readonly #entries: () => Iterable<readonly [key: string, shown: unknown]>;

  constructor(size: number, entries: () => Iterable<readonly [key: string, shown: unknown]>) {
    this.size = size;
    this.#entries = entries;
  }

  static of<T>(map: ReadonlyMap<string, T>, show: (value: T) => unknown): ByKey {
    return new ByKey(map.size, function* () {
      for (const [key, value] of map) yield [key, show(value)];
    });
  }

  [Symbol.iterator](): Iterator<readonly [key: string, shown: unknown]> {
    return this.#entries()[Symbol.iterator]();
  }
}
