// SPDX-License-Identifier: Apache-2.0

/** Work that is done in small steps. */
export interface Task {
  /** Does a little (well below a millisecond) and says whether there is more to do now. */
  step(): boolean;
}

/**
 * Lets many connections share the thread: each task with work gets one step after the other in turn, and after
 * `budgetMs` the event loop goes on (sockets, timers, queries) before the next round.
 */
export class Turns {
  readonly #budgetMs: number;
  #ready: Task[] = [];
  readonly #known = new Set<Task>();
  #scheduled: NodeJS.Immediate | undefined;

  constructor(options: { readonly budgetMs?: number } = {}) {
    this.#budgetMs = options.budgetMs ?? 4;
  }

  /** The task has something to do. A task that is waiting for its turn already is not queued twice. */
  wake(task: Task): void {
    if (this.#known.has(task)) return;
    this.#known.add(task);
    this.#ready.push(task);
    this.#scheduled ??= setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = undefined;
    const end = performance.now() + this.#budgetMs;
    do {
      const round = this.#ready;
      this.#ready = [];
      for (let index = 0; index < round.length; index++) {
        const task = round[index]!;
        // Forgotten first: a task may be woken while it runs.
        this.#known.delete(task);
        if (task.step()) this.wake(task);
        if (performance.now() >= end) {
          // Who had no turn in this round goes first in the next.
          this.#ready = round.slice(index + 1).concat(this.#ready);
          break;
        }
      }
    } while (this.#ready.length > 0 && performance.now() < end);
    if (this.#ready.length > 0) this.#scheduled ??= setImmediate(this.#run);
  };
}
