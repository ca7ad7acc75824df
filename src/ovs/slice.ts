// SPDX-License-Identifier: Apache-2.0

/** How long the event loop may be held at a time: well below the 5 ms that are allowed. */
const sliceMs = 3;

/** Gives the event loop its turn when work has taken long enough. */
export class Slice {
  #endMs = 0;

  /** Call at the beginning of a turn. */
  start(): void {
    this.#endMs = performance.now() + sliceMs;
  }

  /** Undefined while there is time left, so that short work stays in one turn. */
  next(): Promise<void> | undefined {
    if (performance.now() < this.#endMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.start();
        resolve();
      });
    });
  }
}
