// SPDX-License-Identifier: Apache-2.0

/** A socket whose reading can be held. */
export interface Readable {
  pauseReading(): void;
  resumeReading(): void;
}

/** What the kernel hands over at once, at most. */
const chunkBytes = 64 * 1024;

/**
 * Bounds what all connections together read in one round of the event loop. Node reads every ready socket, up to two
 * megabytes each, before anything else runs; with hundreds of agents that send their graph at once, unmasking alone
 * would hold the loop for long. Sockets that find the budget spent wait their turn.
 */
export class ReadBudget {
  readonly #bytesPerRound: number;
  #used = 0;
  #waiting = new Set<Readable>();
  #round: NodeJS.Immediate | undefined;

  constructor(bytesPerRound = 2 * 1024 ** 2) {
    this.#bytesPerRound = bytesPerRound;
  }

  /** The socket has read that much. */
  spend(socket: Readable, bytes: number): void {
    this.#used += bytes;
    this.#round ??= setImmediate(this.#next);
    if (this.#used <= this.#bytesPerRound || this.#waiting.has(socket)) return;
    socket.pauseReading();
    this.#waiting.add(socket);
  }

  /** The socket is gone. */
  forget(socket: Readable): void {
    this.#waiting.delete(socket);
  }

  readonly #next = (): void => {
    this.#round = undefined;
    this.#used = 0;
    let room = this.#bytesPerRound / chunkBytes;
    for (const socket of this.#waiting) {
      if (room-- <= 0) break;
      this.#waiting.delete(socket);
      socket.resumeReading();
    }
    if (this.#waiting.size > 0) this.#round = setImmediate(this.#next);
  };
}
