// SPDX-License-Identifier: Apache-2.0

import type { Edge, ElementKind, Millis, Node } from '../../graph/element.js';
import type { GraphEvent } from '../../graph/event.js';
import type { KindedElement } from '../history.js';
import { encodeChunk } from './chunk.js';
import type { Put } from './database.js';
import { diff, sameValue } from './delta.js';
import {
  checkpointKey,
  checkpointRange,
  clockKey,
  lifetimePrefix,
  pathKey,
  rowKey,
  structureKey,
  structureRange,
} from './key.js';
import { type Happening, type HotValues, hotKeys } from './lifetimes.js';
import { keyframeEvery } from './revision-at.js';
import { deltaRow, fullRow, isFull, type Row } from './row.js';
import { Slices } from './slices.js';
import type { Clock, Window } from './window.js';

/** Rows of a batch: about a millisecond to encode, and as long to hand over. */
export const batchRows = 400;

/** What one write takes to the store; the happenings count for readers once it is there. */
export interface Batch {
  readonly puts: readonly Put[];
  readonly happenings: readonly Happening[];
  readonly checkpoint: boolean;
  readonly bytes: number;
}

/**
 * Turns events into rows of a window. It knows the open elements as they were last told, so that an update costs
 * what it changes, whatever the event says.
 */
export class WindowWriter {
  readonly window: Window;
  /** Open elements by ordinal. */
  readonly #elements: (Node | Edge | undefined)[] = [];
  #openCount = 0;
  /** Rows written of each lifetime. */
  #steps = new Uint32Array(256);
  #next = 0;
  #happenings: Happening[] = [];
  #puts: Put[] = [];
  /** Deletions not yet rows: an element that comes back at once, as it was, has not gone. */
  readonly #ending = new Map<number, Millis>();
  /** DeletedAt of lifetimes that a later one of the same ID must not overlap. */
  readonly #ended = new Map<number, Millis>();
  #checkpointBatches = 0;
  #structureBatches = 0;
  #knownPaths = 0;
  #pathPuts = 0;
  /** Revisions written. */
  written = 0;
  checkpointBytes = 0;
  logBytes = 0;
  #fullRows = 0;
  #fullBytes = 0;

  constructor(window: Window) {
    this.window = window;
  }

  /** Goes on with a window of an earlier process. */
  static async resume(window: Window): Promise<WindowWriter> {
    const writer = new WindowWriter(window);
    const { lifetimes, paths, database } = window;
    await lifetimes.warm(new Slices());
    writer.#next = lifetimes.count;
    writer.#reserve(lifetimes.count);
    writer.#knownPaths = paths.paths.length;
    writer.#pathPuts = paths.paths.length;
    for await (const { ordinal, rows, element } of window.lastStates()) {
      writer.#steps[ordinal] = rows;
      if (element.DeletedAt === null) writer.#set(ordinal, element);
      else writer.#ended.set(ordinal, element.DeletedAt);
    }
    for await (const _key of database.keys(checkpointRange)) writer.#checkpointBatches++;
    for await (const _key of database.keys(structureRange)) writer.#structureBatches++;
    const clock = await window.clock();
    writer.checkpointBytes = clock.checkpointBytes;
    writer.logBytes = clock.logBytes;
    return writer;
  }

  /** Open elements; a copy. */
  elements(): (Node | Edge)[] {
    return this.#elements.filter((element) => element !== undefined);
  }

  /** The open element of a lifetime. */
  element(ordinal: number): Node | Edge | undefined {
    return this.#elements[ordinal];
  }

  /** Rows of a lifetime so far. */
  step(ordinal: number): number | undefined {
    return this.#steps[ordinal];
  }

  /** Rows of each lifetime so far; a copy. */
  steps(): Uint32Array {
    return this.#steps.slice(0, this.#next);
  }

  /** What a checkpoint of the open elements would take, by the size of the full rows so far. */
  get nextCheckpointBytes(): number {
    if (this.#fullRows === 0) return this.checkpointBytes;
    return Math.round((this.#fullBytes / this.#fullRows) * this.#openCount);
  }

  apply(event: GraphEvent): void {
    switch (event.type) {
      case 'nodeAdded':
      case 'nodeUpdated':
        this.put('node', event.node);
        return;
      case 'edgeAdded':
      case 'edgeUpdated':
        this.put('edge', event.edge);
        return;
      case 'nodeDeleted':
        this.end('node', event.node);
        return;
      case 'edgeDeleted':
        this.end('edge', event.edge);
        return;
    }
  }

  /** Writes an element's revision: a new lifetime, or what changed in its open one. */
  put(kind: ElementKind, element: Node | Edge): void {
    const { lifetimes } = this.window;
    const latest = lifetimes.latest(kind, element.ID);
    const before = this.#elements[latest];
    if (before === undefined) {
      this.#begin(kind, element, this.#ended.get(latest));
      return;
    }
    const endedAt = this.#ending.get(latest);
    if (endedAt !== undefined) {
      if (before.CreatedAt !== element.CreatedAt) {
        this.#writeEnd(latest, endedAt);
        this.#begin(kind, element, endedAt);
        return;
      }
      this.#ending.delete(latest);
    }
    this.#update(latest, before, element);
  }

  #begin(kind: ElementKind, element: Node | Edge, previousEnd: Millis | undefined): void {
    const { lifetimes } = this.window;
    const ordinal = this.#next++;
    this.#reserve(this.#next);
    lifetimes.claim(kind, element.ID, ordinal);
    // An element that is told anew with its old creation time goes on where its last lifetime ended.
    const began = Math.max(element.CreatedAt, element.UpdatedAt);
    const from = previousEnd === undefined ? began : Math.max(began, previousEnd + 1);
    const hot: HotValues = hotKeys.map((key) => hotValue(element, key));
    if (isEdge(element)) {
      const parent = lifetimes.latest('node', element.Parent);
      const child = lifetimes.latest('node', element.Child);
      this.#happenings.push([1, ordinal, from, element.ID, hot, parent, child]);
    } else {
      this.#happenings.push([0, ordinal, from, element.ID, hot]);
    }
    this.#set(ordinal, element);
    this.#write(ordinal, fullRow(element));
  }

  #update(ordinal: number, before: Node | Edge, element: Node | Edge): void {
    this.#set(ordinal, element);
    const { UpdatedAt, Revision } = element;
    if (UpdatedAt < before.UpdatedAt) {
      this.#happenings.push([5, ordinal, UpdatedAt]);
      const from = Math.max(element.CreatedAt, UpdatedAt);
      if (from < Math.max(before.CreatedAt, before.UpdatedAt)) this.#happenings.push([4, ordinal, from]);
    }
    for (let key = 0; key < hotKeys.length; key++) {
      const value = hotValue(element, hotKeys[key]!);
      if (!sameValue(value, hotValue(before, hotKeys[key]!))) {
        this.#happenings.push([3, ordinal, UpdatedAt, key, value]);
      }
    }
    const delta =
      sameIdentity(before, element) && this.#steps[ordinal]! % keyframeEvery !== 0
        ? diff(before.Metadata, element.Metadata, this.window.paths)
        : undefined;
    if (delta === undefined) {
      if (unchanged(before, element)) return;
      this.#write(ordinal, fullRow(element));
      return;
    }
    const nothing = delta.sets.length === 0 && delta.deletes.length === 0;
    if (nothing && UpdatedAt === before.UpdatedAt && Revision === before.Revision) return;
    this.#write(ordinal, deltaRow(UpdatedAt, Revision, delta));
  }

  /** An element is gone: DeletedAt, or where that is missing UpdatedAt, says since when. */
  end(kind: ElementKind, element: Node | Edge): void {
    const ordinal = this.window.lifetimes.latest(kind, element.ID);
    if (this.#elements[ordinal] === undefined || this.#ending.has(ordinal)) return;
    this.#ending.set(ordinal, element.DeletedAt ?? element.UpdatedAt);
  }

  #writeEnd(ordinal: number, deletedAt: Millis): void {
    const before = this.#elements[ordinal]!;
    this.#set(ordinal, undefined);
    this.#ending.delete(ordinal);
    this.#ended.set(ordinal, deletedAt);
    this.#happenings.push([2, ordinal, deletedAt]);
    if (deletedAt < before.UpdatedAt) this.#happenings.push([5, ordinal, deletedAt]);
    this.#write(ordinal, [deletedAt]);
  }

  #write(ordinal: number, row: Row): void {
    const key = rowKey(lifetimePrefix(ordinal), this.#steps[ordinal]!++);
    const value = JSON.stringify(row);
    if (isFull(row)) {
      this.#fullRows++;
      this.#fullBytes += value.length;
    }
    this.#puts.push({ type: 'put', key, value });
    this.written++;
  }

  /** True when a batch should be taken: handing one to Level holds the event loop for as long as it is large. */
  get full(): boolean {
    return this.#puts.length >= batchRows;
  }

  /** Makes up to `limit` of the deletions held back final. False when some are left. */
  settle(limit: number): boolean {
    let done = 0;
    for (const [ordinal, deletedAt] of this.#ending) {
      if (done++ >= limit) return false;
      this.#writeEnd(ordinal, deletedAt);
    }
    return true;
  }

  /** What was made since the last call. */
  take(at: Millis, checkpoint = false): Batch {
    const { paths } = this.window.paths;
    for (; this.#knownPaths < paths.length; this.#knownPaths++) {
      const value = JSON.stringify(paths[this.#knownPaths]);
      this.#puts.push({ type: 'put', key: pathKey(this.#pathPuts++), value });
    }
    const happenings = this.#happenings;
    const puts = this.#puts;
    this.#happenings = [];
    this.#puts = [];
    if (happenings.length > 0) {
      const key = checkpoint
        ? checkpointKey(this.#checkpointBatches++)
        : structureKey(this.#structureBatches++);
      puts.push(...encodeChunk(key, happenings));
    }
    let bytes = 0;
    for (const { key, value } of puts) bytes += key.length + value.length;
    if (checkpoint) this.checkpointBytes += bytes;
    else this.logBytes += bytes;
    if (puts.length > 0) {
      const { checkpointBytes, logBytes } = this;
      const clock: Clock = { at, checkpointBytes, logBytes };
      puts.push({ type: 'put', key: clockKey, value: JSON.stringify(clock) });
    }
    return { puts, happenings, checkpoint, bytes };
  }

  #set(ordinal: number, element: Node | Edge | undefined): void {
    // Without holes, so that the array stays one.
    while (this.#elements.length < ordinal) this.#elements.push(undefined);
    const before = this.#elements[ordinal];
    if (before === undefined && element !== undefined) this.#openCount++;
    if (before !== undefined && element === undefined) this.#openCount--;
    this.#elements[ordinal] = element;
  }

  #reserve(size: number): void {
    if (size <= this.#steps.length) return;
    const grown = new Uint32Array(Math.max(size, Math.ceil(this.#steps.length * 1.5)));
    grown.set(this.#steps);
    this.#steps = grown;
  }
}

export const isEdge = (element: Node | Edge): element is Edge => 'Parent' in element;

export function kinded(element: Node | Edge): KindedElement {
  return isEdge(element) ? { kind: 'edge', element } : { kind: 'node', element };
}

function hotValue(element: Node | Edge, key: string): HotValues[number] {
  const value = element.Metadata[key];
  return value === undefined ? [] : [value];
}

function sameIdentity(one: Node | Edge, other: Node | Edge): boolean {
  return (
    one.Host === other.Host &&
    one.Origin === other.Origin &&
    one.CreatedAt === other.CreatedAt &&
    (one as Partial<Edge>).Parent === (other as Partial<Edge>).Parent &&
    (one as Partial<Edge>).Child === (other as Partial<Edge>).Child
  );
}

function unchanged(one: Node | Edge, other: Node | Edge): boolean {
  return (
    sameIdentity(one, other) &&
    one.UpdatedAt === other.UpdatedAt &&
    one.Revision === other.Revision &&
    sameValue(one.Metadata, other.Metadata)
  );
}
