// SPDX-License-Identifier: Apache-2.0

import type { ElementKind, MetadataValue, Millis } from '../../graph/element.js';
import type { KindedElement } from '../history.js';
import { placeOf } from './hot-column.js';
import type { Lifetimes } from './lifetimes.js';
import type { Window } from './window.js';
import { kinded, type WindowWriter } from './writer.js';

/**
 * What one window tells of an instant: the lifetimes that hold it, as they were when the part was taken. Later
 * writes add rows and lifetimes beyond its limits; what they change within, they change for later views only.
 */
export class Part {
  readonly window: Window;
  readonly instant: Millis;
  /** Lifetimes that hold the instant, each kind in ascending order. */
  readonly ordinals: { readonly node: Uint32Array; readonly edge: Uint32Array };
  readonly #hot: { readonly [kind in ElementKind]: (Uint32Array | undefined)[] } = { node: [], edge: [] };
  readonly #writer: WindowWriter | undefined;
  readonly #steps: Uint32Array | undefined;
  readonly #limit: number;
  readonly #serials: readonly number[];

  /**
   * `lowest`: first ordinal that counts; `writer` where the window is being written; `accepts` leaves out what an
   * earlier part already shows.
   */
  constructor(
    window: Window,
    instant: Millis,
    lowest: number,
    writer: WindowWriter | undefined,
    accepts?: (kind: ElementKind, id: string) => boolean,
  ) {
    this.window = window;
    this.instant = instant;
    this.#writer = writer;
    this.#steps = writer?.steps();
    const { lifetimes } = window;
    this.#limit = lifetimes.count;
    this.ordinals = population(lifetimes, instant, lowest, accepts);
    this.#serials = lifetimes.hot.map(({ serial }) => serial);
  }

  /** Codes of a hot key, one a lifetime of the part. */
  codes(kind: ElementKind, key: number): Uint32Array {
    const known = this.#hot[kind][key];
    if (known !== undefined) return known;
    // A late revision changes the codes of an instant, but not of this view.
    const codes = this.window.lifetimes.hot[key]!.codesAt(
      this.ordinals[kind],
      this.instant,
      this.#serials[key]!,
    );
    this.#hot[kind][key] = codes;
    return codes;
  }

  /** Codes of a hot key that can equal one of the terms. */
  codesOf(key: number, terms: readonly (string | number | boolean | null)[]): number[] {
    return this.window.lifetimes.hot[key]!.codesOf(terms);
  }

  /** Values of a hot key, by code. */
  values(key: number): readonly (MetadataValue | undefined)[] {
    return this.window.lifetimes.hot[key]!.values;
  }

  idOf(ordinal: number): string {
    return this.window.lifetimes.ids[ordinal]!;
  }

  /** One more than the highest ordinal that the part knows. */
  get limit(): number {
    return this.#limit;
  }

  /** Where the lifetime of an ID stands among the part's of its kind, -1 when it is not there. */
  placeOf(kind: ElementKind, id: string): number {
    const { lifetimes } = this.window;
    let ordinal = lifetimes.latest(kind, id);
    while (ordinal >= 0) {
      const place = placeOf(this.ordinals[kind], ordinal);
      if (place >= 0) return place;
      ordinal = lifetimes.previous(ordinal);
    }
    return -1;
  }

  /** The revision of a lifetime at the instant. */
  read(ordinal: number): KindedElement | undefined {
    // What has not changed since need not be read from disk.
    const step = this.#steps?.[ordinal];
    const open = this.#writer?.step(ordinal) === step ? this.#writer?.element(ordinal) : undefined;
    if (open !== undefined && open.UpdatedAt <= this.instant && !this.window.lifetimes.jumps) {
      return kinded(open);
    }
    return this.window.revisionAt(ordinal, this.instant, step);
  }
}

/** For `population` alone, which runs without a pause: fresh arrays would be cleared first, and cut afterwards. */
const scratch = { nodes: new Uint32Array(1024), edges: new Uint32Array(1024) };

function population(
  lifetimes: Lifetimes,
  instant: Millis,
  lowest: number,
  accepts: ((kind: ElementKind, id: string) => boolean) | undefined,
): { node: Uint32Array; edge: Uint32Array } {
  const { count, from, to, kinds } = lifetimes;
  if (scratch.nodes.length < count) {
    scratch.nodes = new Uint32Array(Math.ceil(count * 1.25));
    scratch.edges = new Uint32Array(Math.ceil(count * 1.25));
  }
  const { nodes, edges } = scratch;
  let nodeCount = 0;
  let edgeCount = 0;
  for (let ordinal = lowest; ordinal < count; ordinal++) {
    if (from[ordinal]! > instant || to[ordinal]! < instant) continue;
    const isEdge = kinds[ordinal] === 1;
    if (accepts !== undefined && !accepts(isEdge ? 'edge' : 'node', lifetimes.ids[ordinal]!)) continue;
    if (isEdge) edges[edgeCount++] = ordinal;
    else nodes[nodeCount++] = ordinal;
  }
  return { node: nodes.slice(0, nodeCount), edge: edges.slice(0, edgeCount) };
}
