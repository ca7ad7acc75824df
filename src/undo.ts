// SPDX-License-Identifier: Apache-2.0

import { messageOf } from './errors.js';
import type { Logger } from './log/logger.js';

type Step = () => unknown;

/** What has been started, with how to undo it: last first, each once, whatever the others throw. */
export class UndoStack {
  readonly #logger: Logger;
  readonly #steps: Step[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  push(step: Step): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        this.#logger.error(`while stopping: ${messageOf(error)}`);
      }
    }
  }

  /** Runs what starts something; undoes what was done when it fails. */
  async guard<T>(start: () => Promise<T>): Promise<T> {
    try {
      return await start();
    } catch (error) {
      await this.run();
      throw error;
    }
  }
}
