// SPDX-License-Identifier: Apache-2.0

import type { Edge, MetadataMap, Millis, Node } from '../../graph/element.js';
import { shareEdgeMetadata, shareText } from '../../graph/share.js';
import type { KindedElement } from '../history.js';
import { applyDelta, copyMaps } from './delta.js';
import { ordinalOf, prefixLength, rows } from './key.js';
import type { LoadedStore } from './loaded-store.js';
import { elementOf, type FullRow, isEnd, isFull, type Row } from './row.js';
import { Slices } from './slices.js';

/** A revision with the time at which the next one, or the deletion, took its place. */
export interface Archived {
  readonly revision: KindedElement;
  readonly archivedAt: Millis;
}

/** What a lifetime came to, and how many rows it takes. */
export interface LastState {
  readonly ordinal: number;
  readonly rows: number;
  /** Closed where DeletedAt is set. */
  readonly element: Node | Edge;
}

/** Every revision of every lifetime, lifetime by lifetime, in the order in which they were written. */
export async function* revisions(
  store: LoadedStore,
  signal?: AbortSignal,
): AsyncGenerator<readonly Archived[]> {
  for await (const { texts } of chains(store, signal)) {
    yield archive(
      store,
      texts.map((text) => JSON.parse(text) as Row),
    );
  }
}

/** The last state of every lifetime: what to go on from. */
export async function* lastStates(store: LoadedStore): AsyncGenerator<LastState> {
  const { paths } = store;
  for await (const { ordinal, texts } of chains(store)) {
    // Full rows alone begin with a string.
    const keyframe = texts.findLastIndex((text) => text.startsWith('["'));
    if (keyframe < 0) continue;
    const full = JSON.parse(texts[keyframe]!) as FullRow;
    let [, , , , updatedAt, revision] = full;
    let deletedAt: Millis | null = null;
    for (let step = keyframe + 1; step < texts.length; step++) {
      const row = JSON.parse(texts[step]!) as Row;
      if (isEnd(row)) {
        deletedAt = row[0];
      } else if (!isFull(row)) {
        applyDelta(full[6], row[2], row[3] ?? [], paths.paths);
        updatedAt = row[0];
        revision = row[1];
      }
    }
    const told = elementOf(full, full[6], updatedAt, revision, deletedAt);
    yield { ordinal, rows: texts.length, element: shared(store, ordinal, told) };
  }
}

/** The element with texts that others hold already: parsing makes each anew. */
function shared({ lifetimes }: LoadedStore, ordinal: number, { kind, element }: KindedElement): Node | Edge {
  const { ids, parents, children } = lifetimes;
  const found = {
    ...element,
    ID: ids[ordinal] ?? element.ID,
    Host: shareText(element.Host),
    Origin: shareText(element.Origin),
  };
  if (kind === 'node') return found;
  return {
    ...found,
    Metadata: shareEdgeMetadata(element.Metadata),
    Parent: ids[parents[ordinal]!] ?? element.Parent,
    Child: ids[children[ordinal]!] ?? element.Child,
  };
}

/** The rows of each lifetime, as they are stored. */
async function* chains(
  { database }: LoadedStore,
  signal?: AbortSignal,
): AsyncGenerator<{ ordinal: number; texts: string[] }> {
  const slices = new Slices(signal);
  const iterator = database.iterator({ ...rows, highWaterMarkBytes: 256 * 1024 });
  let prefix = '';
  let texts: string[] = [];
  try {
    for (;;) {
      const entries = await iterator.nextv(1000);
      if (entries.length === 0) break;
      for (const [key, text] of entries) {
        if (!key.startsWith(prefix) || prefix === '') {
          if (prefix !== '') {
            yield { ordinal: ordinalOf(prefix), texts };
            if (slices.over) await slices.pause();
          }
          prefix = key.slice(0, prefixLength);
          texts = [];
        }
        texts.push(text);
      }
    }
    if (prefix !== '') yield { ordinal: ordinalOf(prefix), texts };
  } finally {
    await iterator.close();
  }
}

/** A lifetime's rows as revisions. */
function archive({ paths }: LoadedStore, chain: readonly Row[]): Archived[] {
  const history: Archived[] = [];
  let full: FullRow | undefined;
  let metadata: MetadataMap = {};
  let last: KindedElement | undefined;
  const push = (next: KindedElement): void => {
    if (last !== undefined) history.push({ revision: last, archivedAt: next.element.UpdatedAt });
    last = next;
  };
  for (const row of chain) {
    if (isFull(row)) {
      full = row;
      metadata = row[6];
      push(elementOf(row, metadata, row[4], row[5], null));
    } else if (full === undefined) {
    } else if (isEnd(row)) {
      if (last === undefined) continue;
      const { kind, element } = last;
      const closed = { kind, element: { ...element, DeletedAt: row[0] } } as KindedElement;
      history.push({ revision: closed, archivedAt: row[0] });
      return history;
    } else {
      metadata = copyMaps(metadata);
      applyDelta(metadata, row[2], row[3] ?? [], paths.paths);
      push(elementOf(full, metadata, row[0], row[1], null));
    }
  }
  if (last !== undefined) history.push({ revision: last, archivedAt: Number.POSITIVE_INFINITY });
  return history;
}
