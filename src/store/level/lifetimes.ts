// SPDX-License-Identifier: Apache-2.0

import type { ElementKind, MetadataValue, Millis } from '../../graph/element.js';
import { TextIndex } from '../../graph/text-index.js';
import { HotColumn } from './hot-column.js';
import type { Slices } from './slices.js';

/** Metadata that look-ups ask for most: kept per lifetime, so that they need no row to be read. */
export const hotKeys = ['Name', 'Type', 'TID', 'RelationType'] as const;

/** Values of the hot keys in their order, each in an array of its own; an empty array where the key is absent. */
export type HotValues = readonly (readonly MetadataValue[])[];

/** A lifetime begins. */
export type Added =
  | readonly [code: 0, ordinal: number, from: Millis, id: string, hot: HotValues]
  | readonly [
      code: 1,
      ordinal: number,
      from: Millis,
      id: string,
      hot: HotValues,
      parent: number,
      child: number,
    ];

/** What happens to lifetimes: JSON arrays, first the code. */
export type Happening =
  | Added
  | readonly [code: 2, ordinal: number, deletedAt: Millis]
  | readonly [code: 3, ordinal: number, at: Millis, hotKey: number, value: readonly MetadataValue[]]
  /** It was there earlier than it began: a revision with an older time came later. */
  | readonly [code: 4, ordinal: number, from: Millis]
  /** From here on the times of a lifetime's rows may run backwards. */
  | readonly [code: 5, ordinal: number, at: Millis];

export const isAdded = (happening: Happening): happening is Added => happening[0] <= 1;

const initialCapacity = 256;

/**
 * The lifetimes of a window: which element was there from when to when, its ends where it is an edge, and the hot
 * keys with their changes. A lifetime has a dense number, its ordinal; an ID that is deleted and added again has
 * several. Everything that a query needs before it looks at metadata is answered from here.
 */
export class Lifetimes {
  count = 0;
  /** Ordinals below were there when the window began. */
  checkpointed = 0;
  /** 0 node, 1 edge. */
  kinds = new Uint8Array(initialCapacity);
  from = new Float64Array(initialCapacity);
  /** DeletedAt; Infinity while it lives. Both bounds belong to the lifetime. */
  to = new Float64Array(initialCapacity);
  /** Ordinals of an edge's ends, -1 where unknown. */
  parents = new Int32Array(initialCapacity);
  children = new Int32Array(initialCapacity);
  readonly ids: string[] = [];
  readonly hot: readonly HotColumn[] = hotKeys.map(() => new HotColumn());
  /** The times of rows run backwards somewhere. */
  jumps = false;
  /** The earliest time that anything after the checkpoint speaks of. */
  earliest: Millis = Number.POSITIVE_INFINITY;
  readonly #latest = {
    node: new TextIndex((ordinal) => this.ids[ordinal]!),
    edge: new TextIndex((ordinal) => this.ids[ordinal]!),
  };
  /** Ordinals below are in the index by ID. */
  #indexed = 0;
  /** The lifetime before, of the same ID; -1 for none. */
  #previous = new Int32Array(initialCapacity);

  apply(happening: Happening, checkpoint = false): void {
    const [, ordinal, at] = happening;
    if (!checkpoint && at < this.earliest) this.earliest = at;
    switch (happening[0]) {
      case 2:
        this.to[ordinal] = at;
        return;
      case 3:
        this.hot[happening[3]]!.change(ordinal, at, happening[4][0]);
        return;
      case 4:
        this.from[ordinal] = Math.min(this.from[ordinal]!, at);
        return;
      case 5:
        this.jumps = true;
        return;
      default: {
        const isEdge = happening[0] === 1;
        const [parent, child] = isEdge ? [happening[5], happening[6]] : [-1, -1];
        this.begin(ordinal, isEdge, at, happening[3], parent, child, checkpoint);
        for (let key = 0; key < hotKeys.length; key++) this.hot[key]!.add(ordinal, happening[4][key]?.[0]);
      }
    }
  }

  /** A lifetime, without its hot keys. Ordinals come one after the other. */
  begin(
    ordinal: number,
    isEdge: boolean,
    from: Millis,
    id: string,
    parent: number,
    child: number,
    checkpoint: boolean,
  ): void {
    this.#reserve(ordinal + 1);
    this.count = ordinal + 1;
    if (checkpoint) this.checkpointed = this.count;
    else if (from < this.earliest) this.earliest = from;
    this.kinds[ordinal] = isEdge ? 1 : 0;
    this.from[ordinal] = from;
    this.to[ordinal] = Number.POSITIVE_INFINITY;
    this.ids[ordinal] = id;
    this.parents[ordinal] = parent;
    this.children[ordinal] = child;
  }

  /** Ordinal of the latest lifetime of an ID, -1 where there is none. It may be one that was only claimed. */
  latest(kind: ElementKind, id: string): number {
    while (this.#indexed < this.count) this.#indexNext();
    return this.#latest[kind].find(id);
  }

  /** Says that the next lifetime is one of this ID, before it begins. */
  claim(kind: ElementKind, id: string, ordinal: number): void {
    this.latest(kind, id);
    this.#reserve(ordinal + 1);
    this.ids[ordinal] = id;
    this.#indexed = ordinal + 1;
    this.#link(kind, id, ordinal);
  }

  /** Makes the index by ID, in slices; who asks meanwhile makes the rest at once. */
  async warm(slices: Slices): Promise<void> {
    while (this.#indexed < this.count) {
      this.#indexNext();
      if (this.#indexed % 64 === 0 && slices.over) await slices.pause();
    }
  }

  #indexNext(): void {
    const ordinal = this.#indexed++;
    this.#link(this.kinds[ordinal] === 1 ? 'edge' : 'node', this.ids[ordinal]!, ordinal);
  }

  #link(kind: ElementKind, id: string, ordinal: number): void {
    const previous = this.#latest[kind].find(id);
    if (previous >= 0) this.#latest[kind].remove(id);
    this.#previous[ordinal] = previous;
    this.#latest[kind].add(id, ordinal);
  }

  /** The lifetime of the same ID before this one, -1 where there is none. */
  previous(ordinal: number): number {
    return this.#previous[ordinal]!;
  }

  #reserve(size: number): void {
    if (size <= this.kinds.length) return;
    const capacity = Math.max(size, Math.ceil(this.kinds.length * 1.5));
    const grow = <T extends Uint8Array | Float64Array | Int32Array>(larger: T, array: T): T => {
      larger.set(array);
      return larger;
    };
    this.kinds = grow(new Uint8Array(capacity), this.kinds);
    this.from = grow(new Float64Array(capacity), this.from);
    this.to = grow(new Float64Array(capacity), this.to);
    this.parents = grow(new Int32Array(capacity), this.parents);
    this.children = grow(new Int32Array(capacity), this.children);
    this.#previous = grow(new Int32Array(capacity), this.#previous);
  }
}
