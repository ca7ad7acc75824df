// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { ElementKind, MetadataValue } from '../../graph/element.js';
import { metadataPath, rawField } from '../../graph/field.js';
import type { Handle } from '../../graph/view.js';
import type { KindedElement } from '../history.js';
import { type Column, LazyColumn, ReadyColumn } from './column.js';
import { hotKeys } from './lifetimes.js';
import type { Part } from './part.js';
import { Postings } from './postings.js';

/** Decoded elements that a view keeps; beyond it begins anew. */
const keptElements = 5_000;

/** The nodes, or the edges, of a view. Handles of the first part come first. */
export class Kind {
  readonly count: number;
  readonly #kind: ElementKind;
  readonly #parts: readonly Part[];
  /** First handle of each part. */
  readonly #offsets: number[] = [];
  readonly #columns = new Map<string, Column>();
  /** By hot key. */
  readonly #lookedUp = new Set<number>();
  readonly #postings = new Map<number, Postings>();
  readonly #elements = new Map<Handle, KindedElement>();

  constructor(kind: ElementKind, parts: readonly Part[]) {
    this.#kind = kind;
    this.#parts = parts;
    let count = 0;
    for (const part of parts) {
      this.#offsets.push(count);
      count += part.ordinals[kind].length;
    }
    this.count = count;
  }

  idOf(handle: Handle): string {
    const { part, ordinal } = this.#locate(handle);
    return part.idOf(ordinal);
  }

  byId(id: string): Handle {
    for (let index = 0; index < this.#parts.length; index++) {
      const place = this.#parts[index]!.placeOf(this.#kind, id);
      if (place >= 0) return this.#offsets[index]! + place;
    }
    return -1;
  }

  read(handle: Handle): KindedElement {
    const known = this.#elements.get(handle);
    if (known !== undefined) return known;
    const { part, ordinal } = this.#locate(handle);
    const found = part.read(ordinal);
    if (found === undefined) {
      const { folder } = part.window;
      throw new SkydiveError(
        'SKY_E_STORE',
        `the history in ${folder} lacks the ${this.#kind} ${part.idOf(ordinal)} at ${part.instant}; if the disk was full or failed meanwhile that is why, else move the folder away and report this`,
      );
    }
    if (this.#elements.size >= keptElements) this.#elements.clear();
    this.#elements.set(handle, found);
    return found;
  }

  /** Handles that have one of the values, or an array or map, under a hot key; undefined where that takes a scan. */
  withTerms(name: string, terms: readonly (string | number | boolean | null)[]): Uint32Array | undefined {
    const [part, ...others] = this.#parts;
    if (part === undefined || others.length > 0) return undefined;
    const key = hotKeys.indexOf(metadataPath(name) as (typeof hotKeys)[number]);
    const wanted = part.codesOf(key, terms);
    if (wanted.length === 0) return new Uint32Array(0);
    const codes = part.codes(this.#kind, key);
    // The first look-up reads through; more of them at one instant are worth an index.
    if (this.#lookedUp.has(key)) {
      let postings = this.#postings.get(key);
      if (postings === undefined) {
        postings = new Postings(codes, part.values(key).length);
        this.#postings.set(key, postings);
      }
      return postings.with(wanted);
    }
    this.#lookedUp.add(key);
    const found: Handle[] = [];
    if (wanted.length === 1) {
      const [only] = wanted;
      for (let handle = 0; handle < codes.length; handle++) if (codes[handle] === only) found.push(handle);
    } else {
      const isWanted = new Set(wanted);
      for (let handle = 0; handle < codes.length; handle++) {
        if (isWanted.has(codes[handle]!)) found.push(handle);
      }
    }
    return Uint32Array.from(found);
  }

  column(name: string): Column {
    const key = metadataPath(name);
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const hot = hotKeys.indexOf(key as (typeof hotKeys)[number]);
    const column = hot >= 0 ? this.#hotColumn(hot) : this.#lazyColumn((handle) => this.#field(handle, key));
    this.#columns.set(key, column);
    return column;
  }

  #hotColumn(key: number): Column {
    const [first, ...others] = this.#parts;
    if (first !== undefined && others.length === 0) {
      return new ReadyColumn(first.codes(this.#kind, key), first.values(key));
    }
    // Each window has codes of its own.
    return this.#lazyColumn((handle) => {
      const { part, place } = this.#locate(handle);
      return part.values(key)[part.codes(this.#kind, key)[place]!];
    });
  }

  #lazyColumn(read: (handle: Handle) => MetadataValue | undefined): Column {
    return new LazyColumn(this.count, read);
  }

  #field(handle: Handle, key: string): MetadataValue | undefined {
    const { part, ordinal } = this.#locate(handle);
    const known = this.#elements.get(handle) ?? part.read(ordinal);
    return known === undefined ? undefined : rawField(known.element, key);
  }

  #locate(handle: Handle): { part: Part; place: number; ordinal: number } {
    let index = this.#parts.length - 1;
    while (index > 0 && this.#offsets[index]! > handle) index--;
    const part = this.#parts[index];
    const place = handle - (this.#offsets[index] ?? 0);
    const ordinal = part?.ordinals[this.#kind][place];
    if (part === undefined || ordinal === undefined) {
      throw new SkydiveError('SKY_E_INTERNAL', `no ${this.#kind} has handle ${handle} in this view`);
    }
    return { part, place, ordinal };
  }
}
