// SPDX-License-Identifier: Apache-2.0

import { rename } from 'node:fs/promises';
import { messageOf, SkydiveError } from '../../errors.js';
import type { Edge, Millis, Node } from '../../graph/element.js';
import type { GraphEvent } from '../../graph/event.js';
import type { GraphView, ViewContext } from '../../graph/view.js';
import type { Logger } from '../../log/logger.js';
import { silentLogger } from '../../log/logger.js';
import type { History, HistoryStatus, KindedElement, WindowStatus } from '../history.js';
import { closeOrigin } from './close-origin.js';
import { prepareFolder } from './database.js';
import { Manifest, type WindowEntry } from './manifest.js';
import { Pending } from './pending.js';
import { Reader } from './reader.js';
import { expired, isRollDue, type Retention } from './retention.js';
import { encodeMs, Roll } from './roll.js';
import { Slices } from './slices.js';
import type { Window } from './window.js';
import { type Batch, batchRows, isEdge, kinded, WindowWriter } from './writer.js';

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
const syncEveryMs = 1000;
const retryAfterMs = 1000;
const houseKeepingEveryMs = 60_000;

/** A window with what the manifest says of it. */
interface Listed {
  entry: WindowEntry;
  readonly window: Window;
  bytes: number;
}

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
  #cancelRetry: (() => void) | undefined;
  #cancelHouseKeeping: (() => void) | undefined;
  #keeping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #stopping = false;
  #lastSync = 0;
  #appended = 0;
  #durable = 0;
  #writtenBefore = 0;
  #errors = 0;
  #lastError: string | undefined;
  #lastWrite: Millis | undefined;
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
    this.#windows = windows;
    this.#writer = writer;
    this.#reader = new Reader(() => this.#sources());
    this.#lastWrite = lastWrite;
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
      await history.#commitAll(writer);
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
      if (this.#cancelRetry !== undefined) this.#refuseWaiters();
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
      errors: this.#errors,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      ...(this.#lastWrite === undefined ? {} : { lastWrite: this.#lastWrite }),
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
    this.#cancelRetry?.();
    await this.#running;
    await this.#keeping?.catch((error: unknown) => this.#failed(error));
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
        this.#failed(error);
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
      await this.#commit(this.#writer, this.#writer.take(this.#now()));
      await slices.pause();
    }
    await this.#commitAll(this.#writer);
    this.#reader.forget(earliest);
    if (this.#stopping && this.#lastError !== undefined) return;
    this.#durable = upTo;
    const reached = this.#waiters.filter((waiter) => waiter.upTo <= upTo);
    this.#waiters = this.#waiters.filter((waiter) => waiter.upTo > upTo);
    for (const { resolve } of reached) resolve();
  }

  /** Writes what the writer holds back, too. */
  async #commitAll(writer: WindowWriter): Promise<void> {
    const slices = new Slices(undefined, encodeMs);
    for (let settled = false; !settled; ) {
      settled = writer.settle(batchRows);
      await this.#commit(writer, writer.take(this.#now()));
      await slices.pause();
    }
  }

  /** Writes a batch, again and again where the disk refuses it: rows build on each other, none may be left out. */
  async #commit(writer: WindowWriter, batch: Batch): Promise<void> {
    if (batch.puts.length === 0) return;
    const { window } = writer;
    while (!this.#stopping) {
      try {
        const sync = this.#now() - this.#lastSync >= syncEveryMs || this.#now() < this.#lastSync;
        await window.database.batch([...batch.puts], { sync });
        if (sync) this.#lastSync = this.#now();
        break;
      } catch (error) {
        this.#failed(error);
        this.#refuseWaiters();
        await this.#pause(retryAfterMs);
        if (this.#stopping) return;
        await window.reopen().catch((again: unknown) => this.#failed(again));
      }
    }
    if (this.#lastError !== undefined) {
      this.#logger.info(`the history in ${this.#folder} is being written again`);
      this.#lastError = undefined;
    }
    this.#lastWrite = this.#now();
    for (const happening of batch.happenings) window.lifetimes.apply(happening);
  }

  #failed(error: unknown): void {
    this.#errors++;
    const text = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
    if (this.#lastError === undefined) {
      this.#logger.error(
        `cannot write the history in ${this.#folder}: ${text}; it is tried again every ${retryAfterMs / 1000} s, free space or set storage.level.max_size`,
      );
    }
    this.#lastError = text;
  }

  #refuseWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    const text = `the history in ${this.#folder} cannot be written now: ${this.#lastError}; it is kept in memory and tried again`;
    for (const { reject } of waiters) reject(new SkydiveError('SKY_E_STORE', text));
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#schedule(() => {
        this.#cancelRetry = undefined;
        resolve();
      }, delayMs);
      this.#cancelRetry = () => {
        cancel();
        this.#cancelRetry = undefined;
        resolve();
      };
    });
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
    await roll.catchUp((batch) => this.#commit(roll.writer, batch), this.#now);
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
        .catch((error: unknown) => this.#failed(error))
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

/** Goes on with the last window; a damaged one is set aside and undefined returned. */
async function resume(
  manifest: Manifest,
  windows: Listed[],
  logger: Logger,
): Promise<WindowWriter | undefined> {
  const last = windows[windows.length - 1];
  if (last === undefined || last.entry.end !== undefined) return undefined;
  try {
    await last.window.load();
    return await WindowWriter.resume(last.window);
  } catch (error) {
    if (error instanceof SkydiveError && !isDamage(error)) throw error;
    await last.window.close();
    const aside = `${last.window.folder}.damaged`;
    await rename(last.window.folder, aside);
    await manifest.write([], [last.entry.sequence]);
    windows.pop();
    logger.error(
      `the last history window was damaged (${messageOf(error)}): it is set aside as ${aside}, history goes on without it`,
    );
    return undefined;
  }
}

function isDamage(error: SkydiveError): boolean {
  return /corrupt/i.test(error.message);
}

function listed(manifest: Manifest, entry: WindowEntry): Listed {
  return { entry, window: manifest.window(entry), bytes: 0 };
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
