// SPDX-License-Identifier: Apache-2.0

import type { Edge, Node } from '../../graph/element.js';
import type { GraphEvent } from '../../graph/event.js';
import { Slices } from './slices.js';
import type { Window } from './window.js';
import { type Batch, batchRows, isEdge, WindowWriter } from './writer.js';

/** Time of a slice spent on encoding; handing the batch to Level takes as long again. */
export const encodeMs = 2;

/**
 * The next window while its checkpoint is being written. Events go on to the present window and wait here too; the
 * new window takes over when it has caught up, so a crash at any time finds one window that is whole.
 */
export class Roll {
  readonly writer: WindowWriter;
  readonly #backlog: GraphEvent[] = [];
  readonly #limit: number;
  #state: 'writing' | 'ready' | 'failed' = 'writing';
  error: unknown;
  /** Resolves when the state is no longer `writing`. */
  readonly done: Promise<void>;
  #abandoned = false;

  constructor(window: Window, elements: readonly (Node | Edge)[], limit: number) {
    this.writer = new WindowWriter(window);
    this.#limit = limit;
    this.done = this.#checkpoint(window, elements).then(
      () => {
        this.#state = 'ready';
      },
      (error: unknown) => {
        this.#fail(error);
      },
    );
  }

  get state(): 'writing' | 'ready' | 'failed' {
    return this.#state;
  }

  get window(): Window {
    return this.writer.window;
  }

  /** Told of each event that the present window takes. */
  push(event: GraphEvent): void {
    if (this.#state === 'failed') return;
    this.#backlog.push(event);
    if (this.#backlog.length > this.#limit) {
      this.#backlog.length = 0;
      this.#abandoned = true;
      this.#fail(new Error('changes came faster than the checkpoint of the new window could be written'));
    }
  }

  /** Takes over what waits; `write` puts a batch into the new window. */
  async catchUp(write: (batch: Batch) => Promise<void>, now: () => number): Promise<void> {
    const slices = new Slices(undefined, encodeMs);
    for (let place = 0; place < this.#backlog.length; ) {
      while (place < this.#backlog.length && !this.writer.full && !slices.over) {
        this.writer.apply(this.#backlog[place++]!);
      }
      await write(this.writer.take(now()));
      await slices.pause();
    }
    this.#backlog.length = 0;
    for (let settled = false; !settled; ) {
      settled = this.writer.settle(batchRows);
      await write(this.writer.take(now()));
      await slices.pause();
    }
  }

  /** Gives up; resolves when nothing is written any more. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    await this.done;
  }

  #fail(error: unknown): void {
    this.#state = 'failed';
    this.error = error;
  }

  async #checkpoint(window: Window, elements: readonly (Node | Edge)[]): Promise<void> {
    await window.create();
    const slices = new Slices(undefined, encodeMs);
    const write = async (): Promise<void> => {
      const { puts, happenings } = this.writer.take(window.start, true);
      if (puts.length > 0) await window.database.batch([...puts]);
      for (const happening of happenings) window.lifetimes.apply(happening, true);
    };
    // Nodes first: an edge names its ends by their numbers.
    for (const edges of [false, true]) {
      for (const element of elements) {
        if (this.#abandoned) throw new Error('abandoned');
        if (isEdge(element) !== edges) continue;
        this.writer.put(edges ? 'edge' : 'node', element);
        if (!slices.over && !this.writer.full) continue;
        await write();
        await slices.pause();
      }
    }
    await write();
  }
}
