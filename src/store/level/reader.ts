// SPDX-License-Identifier: Apache-2.0

import type { ElementKind, Millis } from '../../graph/element.js';
import type { GraphView, TimeSlice, ViewContext } from '../../graph/view.js';
import { Instant, InstantView } from './instant.js';
import { Part } from './part.js';
import { sliceView } from './slice.js';
import type { Window } from './window.js';
import type { WindowWriter } from './writer.js';

/** A window as a reader sees it. */
export interface Source {
  readonly window: Window;
  /** Earliest time that its changes speak of; the checkpoint does not count. */
  readonly earliest: Millis;
  /** Where it is being written. */
  readonly writer: WindowWriter | undefined;
}

interface Kept {
  readonly at: Millis;
  readonly instant: Instant;
  readonly windows: readonly Window[];
  views: number;
  /** In the list of those that a next query may find. */
  kept: boolean;
}

/** Instants that the next query may ask for again, and sealed windows that stay open. */
const keptInstants = 4;
const openWindows = 3;

/** Finds the windows that a query needs, keeps them open while it reads, and remembers the last instants. */
export class Reader {
  readonly #sources: () => readonly Source[];
  #instants: Kept[] = [];
  /** Windows in the order of their last use. */
  readonly #used = new Set<Window>();

  /** `sources`: the windows at this moment, oldest first. */
  constructor(sources: () => readonly Source[]) {
    this.#sources = sources;
  }

  async view(context: ViewContext & { slice: TimeSlice }, signal?: AbortSignal): Promise<GraphView> {
    if (context.kind === 'slice') return await this.#slice(context.slice, signal);
    const at = context.slice.last;
    const known = this.#instants.find((kept) => kept.at === at);
    return this.#show(context, known ?? (await this.#instant(at, signal)));
  }

  /** Instants from a time on have changed. */
  forget(from: Millis): void {
    this.#unkeep((kept) => kept.at >= from);
  }

  /** Windows that are about to go. */
  drop(windows: readonly Window[]): void {
    this.#unkeep((kept) => kept.windows.some((window) => windows.includes(window)));
    for (const window of windows) this.#used.delete(window);
  }

  /** Closes what has not been used for long; views that nobody looks at go, too. */
  async trim(): Promise<void> {
    this.#unkeep((kept) => kept.views === 0);
    const idle = [...this.#used].filter((window) => window.idle);
    for (const window of idle.slice(0, Math.max(0, this.#used.size - openWindows))) {
      this.#used.delete(window);
      await window.close();
    }
  }

  close(): void {
    this.#unkeep(() => true);
  }

  #show(context: ViewContext, kept: Kept): GraphView {
    kept.views++;
    return new InstantView(context, kept.instant, () => {
      kept.views--;
      this.#releaseUnused(kept);
    });
  }

  async #instant(at: Millis, signal: AbortSignal | undefined): Promise<Kept> {
    const sources = this.#sources();
    const base = sources.findLastIndex(({ window }) => window.start <= at);
    const wanted = sources.filter(
      ({ earliest }, index) => index === base || (index > base && earliest <= at),
    );
    const windows = await this.#open(wanted, signal);
    // Taken at once, so that they show one moment of the window that is being written.
    const parts: Part[] = [];
    for (const { window, writer } of wanted) {
      const lowest = window === sources[base]?.window ? 0 : window.lifetimes.checkpointed;
      const earlier = [...parts];
      const accepts = (kind: ElementKind, id: string): boolean =>
        earlier.every((part) => part.placeOf(kind, id) < 0);
      parts.push(new Part(window, at, lowest, writer, earlier.length > 0 ? accepts : undefined));
    }
    const kept = { at, instant: new Instant(parts), windows, views: 0, kept: true };
    this.#instants.push(kept);
    if (this.#instants.length > keptInstants) {
      const oldest = this.#instants[0]!;
      this.#unkeep((candidate) => candidate === oldest);
    }
    return kept;
  }

  async #slice(slice: TimeSlice, signal: AbortSignal | undefined): Promise<GraphView> {
    const sources = this.#sources();
    const first = Math.max(
      0,
      sources.findLastIndex(({ window }) => window.start <= slice.start),
    );
    const wanted = sources.filter(
      ({ window, earliest }, index) => index >= first && Math.min(window.start, earliest) <= slice.last,
    );
    const windows = await this.#open(wanted, signal);
    try {
      return await sliceView(slice, windows, signal);
    } finally {
      for (const window of windows) window.release();
    }
  }

  /** Opens and retains. */
  async #open(sources: readonly Source[], signal: AbortSignal | undefined): Promise<Window[]> {
    const windows = sources.map(({ window }) => window);
    // All of them before anything is waited for: a window may be dropped meanwhile.
    for (const window of windows) window.retain();
    try {
      for (const { window, writer } of sources) {
        signal?.throwIfAborted();
        await window.load();
        if (writer !== undefined) continue;
        this.#used.delete(window);
        this.#used.add(window);
      }
      return windows;
    } catch (error) {
      for (const window of windows) window.release();
      throw error;
    }
  }

  #unkeep(which: (kept: Kept) => boolean): void {
    const gone = this.#instants.filter(which);
    this.#instants = this.#instants.filter((kept) => !gone.includes(kept));
    for (const kept of gone) {
      kept.kept = false;
      this.#releaseUnused(kept);
    }
  }

  #releaseUnused(kept: Kept): void {
    if (kept.kept || kept.views > 0) return;
    for (const window of kept.windows) window.release();
  }
}
