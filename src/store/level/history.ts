// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../errors.js';
import type { Edge, Millis, Node } from '../../graph/element.js';
import type { GraphEvent } from '../../graph/event.js';
import type { GraphView, ViewContext } from '../../graph/view.js';
import type { Logger } from '../../log/logger.js';
import { silentLogger } from '../../log/logger.js';
import type { History, HistoryStatus, KindedElement, WindowStatus } from '../history.js';
import { closeOrigin } from './close-origin.js';
import { Committer } from './committer.js';
import { prepareFolder } from './database.js';
import { type Listed, listed, resume } from './listed.js';
import { Manifest, type WindowEntry } from './manifest.js';
import { Pending } from './pending.js';
import { Reader } from './reader.js';
import { expired, isRollDue, type Retention } from './retention.js';
import { encodeMs, Roll } from './roll.js';
import { Slices } from './slices.js';
import type { Window } from './window.js';
import { isEdge, kinded, WindowWriter } from './writer.js';

export interface LevelHistoryOptions {
  /** Made when missing; this process has it alone. */
  readonly folder: string;
  /** The configuration key of the folder, for errors. */
  readonly configKey?: string;
  readonly retention?: Retention;
  /** What this origin had made is closed at the start, at the time of the last write. */
  readonly ownOrigin?: string;
  readonly logger?: Logger;
  readonly now?: () => Millis;
  /** Events that may wait before intermediate revisions are dropped. */
  readonly maxPending?: number;
  /** Calls back once, after a delay; returns what cancels it. */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
}

const writeEveryMs = 200;
const houseKeepingEveryMs = 60_000;

interface Waiter {
  readonly upTo: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** History in Level stores, one per time window, in a folder of this host. */
export class LevelHistory implements History {
  readonly #folder: string;
  readonly #manifest: Manifest;
  readonly #retention: Retention;
  readonly #logger: Logger;
  readonly #now: () => Millis;
  readonly #schedule: (run: () => void, delayMs: number) => () => void;
  readonly #pending: Pending;
  readonly #committer: Committer;
  readonly #reader: Reader;
  #restored: readonly (Node | Edge)[] = [];
  /** Oldest first; the last one is being written. */
  #windows: Listed[];
  #writer: WindowWriter;
  #roll: Roll | undefined;
  #noRollBefore = 0;
  #running: Promise<void> | undefined;
  #waiters: Waiter[] = [];
  #cancelWrite: (() => void) | undefined;
  #cancelHouseKeeping: (() => void) | undefined;
  #keeping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #stopping = false;
  #appended = 0;
  #durable = 0;
  #writtenBefore = 0;
  #expired = 0;

  private constructor(
    options: LevelHistoryOptions,
    manifest: Manifest,
    windows: Listed[],
    writer: WindowWriter,
    lastWrite: Millis,
  ) {
    this.#folder = options.folder;
    this.#manifest = manifest;
    this.#retention = options.retention ?? {};
    this.#logger = options.logger ?? silentLogger;
    this.#now = options.now ?? Date.now;
    this.#schedule = options.schedule ?? scheduleTimer;
    this.#pending = new Pending(options.maxPending ?? 100_000);
    this.#committer = new Committer({
      folder: this.#folder,
      logger: this.#logger,
      now: this.#now,
      schedule: this.#schedule,
      lastWrite,
      refused: () => this.#refuseWaiters(),
    });
    this.#windows = windows;
    this.#writer = writer;
    this.#reader = new Reader(() => this.#sources());
    this.#scheduleHouseKeeping();
  }

  /** Opens the folder and reads what was open at the last write. Throws SKY_E_STORE naming folder, key and remedy. */
  static async open(options: LevelHistoryOptions): Promise<LevelHistory> {
    const logger = options.logger ?? silentLogger;
    const now = options.now ?? Date.now;
    const configKey = options.configKey ?? 'storage.level.path';
    await prepareFolder(options.folder, configKey);
    const manifest = await Manifest.open(options.folder, configKey);
    let windows: Listed[] = [];
    try {
      const entries = await manifest.list();
      await manifest.sweep(entries);
      windows = entries.map((entry) => listed(manifest, entry));
      let writer = await resume(manifest, windows, logger);
      if (writer === undefined) {
        const previous = windows[windows.length - 1]?.entry;
        const start = Math.max(now(), (previous?.end ?? previous?.start ?? 0) + 1);
        const next = listed(manifest, { sequence: (previous?.sequence ?? 0) + 1, start });
        await next.window.create();
        await manifest.write([next.entry]);
        windows.push(next);
        writer = new WindowWriter(next.window);
      }
      const { at } = await writer.window.clock();
      const history = new LevelHistory(options, manifest, windows, writer, at);
      await history.#measure();
      if (options.ownOrigin !== undefined) await closeOrigin(writer, options.ownOrigin, at);
      await history.#committer.settle(writer);
      history.#restored = writer.elements();
      return history;
    } catch (error) {
      for (const { window } of windows) await window.close();
      await manifest.close();
      throw error;
    }
  }

  /** Bytes of keys and values of the window being written, before compression; the checkpoint does not count. */
  get writtenBytes(): number {
    return this.#writer.logBytes;
  }

  append(event: GraphEvent): void {
    if (this.#closing !== undefined) return;
    this.#appended++;
    this.#pending.push(event);
    this.#scheduleWrite();
  }

  flush(): Promise<void> {
    if (this.#durable >= this.#appended) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ upTo: this.#appended, resolve, reject });
      // While a write is waiting for a disk that failed there is no use in waiting for it.
      if (this.#committer.waiting) this.#refuseWaiters();
      else this.#run();
    });
  }

  async view(context: ViewContext, signal?: AbortSignal): Promise<GraphView> {
    if (context.kind === 'live') {
      throw new SkydiveError('SKY_E_INTERNAL', 'the history was asked for the live graph: ask the graph');
    }
    signal?.throwIfAborted();
    // What cannot be written now is missing from the answer; the rest of the past is still there.
    await this.flush().catch(() => undefined);
    return this.#reader.view(context, signal);
  }

  async *current(): AsyncGenerator<KindedElement> {
    for (const edges of [false, true]) {
      for (const element of this.#restored) if (isEdge(element) === edges) yield kinded(element);
    }
    this.#restored = [];
  }

  status(): HistoryStatus {
    const windows = this.#windows.map(
      ({ entry, bytes }): WindowStatus => ({
        start: entry.start,
        ...(entry.end === undefined ? {} : { end: entry.end }),
        bytes,
      }),
    );
    return {
      driver: 'level',
      appended: this.#appended,
      written: this.#writtenBefore + this.#writer.written,
      dropped: this.#pending.dropped,
      pending: this.#pending.size,
      errors: this.#committer.errors,
      ...(this.#committer.lastError === undefined ? {} : { lastError: this.#committer.lastError }),
      lastWrite: this.#committer.lastWrite,
      bytes: windows.reduce((sum, { bytes }) => sum + bytes, 0),
      windows,
      expired: this.#expired,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.flush().catch((error) => this.#logger.error(messageOf(error)));
    this.#cancelWrite?.();
    this.#cancelHouseKeeping?.();
    this.#stopping = true;
    this.#committer.stop();
    await this.#running;
    await this.#keeping?.catch((error: unknown) => this.#committer.failed(error));
    if (this.#roll !== undefined) await this.#dropRoll(this.#roll);
    this.#reader.close();
    for (const { window } of this.#windows) await window.close();
    await this.#manifest.close();
  }

  #scheduleWrite(): void {
    if (this.#running !== undefined || this.#cancelWrite !== undefined) return;
    this.#cancelWrite = this.#schedule(() => this.#run(), writeEveryMs);
  }

  /** Writes what is pending. One at a time. */
  #run(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    if (this.#running !== undefined || this.#stopping) return;
    this.#running = this.#writeRounds()
      .catch((error: unknown) => {
        this.#committer.failed(error);
        this.#refuseWaiters();
      })
      .finally(() => {
        this.#running = undefined;
        if (this.#stopping) return;
        if (this.#waiters.length > 0) this.#run();
        else if (this.#pending.size > 0) this.#scheduleWrite();
      });
  }

  async #writeRounds(): Promise<void> {
    do await this.#round();
    while (this.#waiters.length > 0 && this.#pending.size > 0 && !this.#stopping);
    if (!this.#stopping) await this.#rollOn();
  }

  /** Writes the events that were pending when it began; what comes back within a round has not gone. */
  async #round(): Promise<void> {
    const upTo = this.#appended;
    let left = this.#pending.size;
    const slices = new Slices(undefined, encodeMs);
    let earliest = Number.POSITIVE_INFINITY;
    while (left > 0) {
      while (left > 0 && !this.#writer.full && !slices.over) {
        const event = this.#pending.shift();
        left = event === undefined ? 0 : left - 1;
        if (event === undefined) break;
        this.#writer.apply(event);
        this.#roll?.push(event);
        earliest = Math.min(earliest, timeOf(event));
      }
      await this.#committer.commit(this.#writer, this.#writer.take(this.#now()));
      await slices.pause();
    }
    await this.#committer.settle(this.#writer);
    this.#reader.forget(earliest);
    if (this.#stopping && this.#committer.lastError !== undefined) return;
    this.#durable = upTo;
    const reached = this.#waiters.filter((waiter) => waiter.upTo <= upTo);
    this.#waiters = this.#waiters.filter((waiter) => waiter.upTo > upTo);
    for (const { resolve } of reached) resolve();
  }

  #refuseWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    const text = `the history in ${this.#folder} cannot be written now: ${this.#committer.lastError}; it is kept in memory and tried again`;
    for (const { reject } of waiters) reject(new SkydiveError('SKY_E_STORE', text));
  }

  /** Begins the next window where it is due, or goes over to it when it is ready. */
  async #rollOn(): Promise<void> {
    const roll = this.#roll;
    if (roll?.state === 'failed') {
      this.#logger.warn(`no new history window was begun: ${messageOf(roll.error)}; tried again in a minute`);
      this.#noRollBefore = this.#now() + houseKeepingEveryMs;
      await this.#dropRoll(roll);
    } else if (roll?.state === 'ready') {
      await this.#goOver(roll);
    } else if (roll === undefined && this.#now() >= this.#noRollBefore && this.#isRollDue()) {
      const last = this.#windows[this.#windows.length - 1]!.entry;
      const sequence = last.sequence + 1;
      const start = Math.max(this.#now(), last.start + 1);
      const window = this.#manifest.window({ sequence, start });
      this.#roll = new Roll(window, this.#writer.elements(), this.#pending.limit);
      void this.#roll.done.then(() => this.#run());
    }
  }

  #isRollDue(): boolean {
    const { logBytes, window } = this.#writer;
    const checkpointBytes = Math.max(this.#writer.checkpointBytes, this.#writer.nextCheckpointBytes);
    const ageMs = this.#now() - window.start;
    return isRollDue({ ageMs, checkpointBytes, logBytes }, this.#retention);
  }

  async #goOver(roll: Roll): Promise<void> {
    await roll.catchUp((batch) => this.#committer.commit(roll.writer, batch), this.#now);
    if (this.#stopping) return;
    const last = this.#windows[this.#windows.length - 1]!;
    const { earliest } = last.window.lifetimes;
    const ended: WindowEntry = {
      ...last.entry,
      end: roll.window.start,
      ...(Number.isFinite(earliest) ? { earliest } : {}),
    };
    const begun: WindowEntry = { sequence: roll.window.sequence, start: roll.window.start };
    await this.#manifest.write([ended, begun]);
    last.entry = ended;
    this.#windows.push({ entry: begun, window: roll.window, bytes: 0 });
    this.#writtenBefore += this.#writer.written;
    roll.writer.written = 0;
    this.#writer = roll.writer;
    this.#roll = undefined;
    this.#reader.forget(roll.window.start);
    await this.#keepHouse();
  }

  async #dropRoll(roll: Roll): Promise<void> {
    this.#roll = undefined;
    await roll.abandon();
    await roll.window.condemn();
  }

  #scheduleHouseKeeping(): void {
    this.#cancelHouseKeeping = this.#schedule(() => {
      this.#keepHouse()
        .catch((error: unknown) => this.#committer.failed(error))
        .finally(() => {
          if (this.#closing !== undefined) return;
          this.#scheduleHouseKeeping();
          // An idle window rolls by its age, too.
          this.#run();
        });
    }, houseKeepingEveryMs);
  }

  /** Removes what is too old or too much, and lets go of stores that nobody reads. One at a time. */
  #keepHouse(): Promise<void> {
    this.#keeping ??= this.#expire().finally(() => {
      this.#keeping = undefined;
    });
    return this.#keeping;
  }

  async #expire(): Promise<void> {
    await this.#measure();
    const measured = this.#windows.map((listed) => ({ listed, ...listed.entry, bytes: listed.bytes }));
    const gone = expired(measured, this.#now(), this.#retention).map(({ listed }) => listed);
    if (gone.length > 0) {
      await this.#manifest.write(
        [],
        gone.map(({ entry }) => entry.sequence),
      );
      this.#windows = this.#windows.filter((listed) => !gone.includes(listed));
      this.#expired += gone.length;
      this.#reader.drop(gone.map(({ window }) => window));
      for (const { window } of gone) await window.condemn();
    }
    await this.#reader.trim();
  }

  async #measure(): Promise<void> {
    for (const listed of this.#windows) listed.bytes = await listed.window.bytes();
  }

  /** What the reader reads. */
  #sources(): { window: Window; earliest: Millis; writer: WindowWriter | undefined }[] {
    return this.#windows.map(({ window, entry }) => {
      const writer = this.#writer.window === window ? this.#writer : undefined;
      const earliest =
        writer === undefined ? (entry.earliest ?? Number.POSITIVE_INFINITY) : window.lifetimes.earliest;
      return { window, earliest, writer };
    });
  }
}

function timeOf(event: GraphEvent): Millis {
  const element = 'node' in event ? event.node : event.edge;
  return element.DeletedAt ?? element.UpdatedAt;
}

function scheduleTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  // A minute's house-keeping alone must not keep a process alive.
  if (delayMs >= houseKeepingEveryMs) timer.unref();
  return () => clearTimeout(timer);
}
