// SPDX-License-Identifier: Apache-2.0

/** Rings in full size take no more than this together. */
const plentyBytes = 512 * 1024 * 1024;
/** What a ring has at least, beyond that. */
const leastBytes = 1024 * 1024;

/**
 * How large the rings of captures may be. A few captures get what they ask for; when there are many, those that come
 * last get a quarter of it, so that 200 captures leave memory for their flows.
 */
export class RingBudget {
  #takenBytes = 0;

  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** The size of a ring that is about to be made. */
  take(wantedBytes: number): number {
    const full = this.#takenBytes + wantedBytes <= plentyBytes;
    const given = full
      ? wantedBytes
      : Math.min(wantedBytes, Math.max(leastBytes, Math.floor(wantedBytes / 4)));
    this.#takenBytes += given;
    return given;
  }

  give(bytes: number): void {
    this.#takenBytes -= bytes;
  }
}
