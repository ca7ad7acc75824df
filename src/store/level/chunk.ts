// SPDX-License-Identifier: Apache-2.0

import type { MetadataValue, Millis } from '../../graph/element.js';
import type { Put } from './database.js';
import { hotValueKey } from './key.js';
import { type Added, type Happening, hotKeys, isAdded, type Lifetimes } from './lifetimes.js';

/**
 * The happenings of a batch as they are stored: lifetimes that began column by column, which parses several times
 * faster than one by one, then the rest. Ordinals of a batch follow each other.
 */
type Chunk = readonly [
  first: number,
  /** A digit each: 0 node, 1 edge. */
  kinds: string,
  from: readonly Millis[],
  ids: readonly string[],
  /** Of the edges only. */
  parents: readonly number[],
  children: readonly number[],
  others: readonly Happening[],
  /** Hot values, column by column, where they are few; else each column has a key of its own, read when asked for. */
  hot: readonly (readonly Packed[])[] | 0,
];

/** A hot value: scalars as they are, arrays and maps in an array, an absent one as empty array. */
type Packed = MetadataValue | readonly MetadataValue[];

/** Fewer lifetimes than this carry their hot values with them. */
const inlineBelow = 32;

/** What to store of a batch's happenings; `key` is the chunk's. */
export function encodeChunk(key: string, happenings: readonly Happening[]): Put[] {
  const added = happenings.filter(isAdded);
  const edges = added.filter((happening) => happening[0] === 1);
  const hot = hotKeys.map((_, column) => added.map((happening) => pack(happening[4][column] ?? [])));
  const inline = added.length < inlineBelow;
  const chunk: Chunk = [
    added[0]?.[1] ?? 0,
    added.map(([code]) => code).join(''),
    added.map((happening) => happening[2]),
    added.map((happening) => happening[3]),
    edges.map((happening) => happening[5]),
    edges.map((happening) => happening[6]),
    happenings.filter((happening) => !isAdded(happening)),
    inline ? hot : 0,
  ];
  const puts: Put[] = [{ type: 'put', key, value: JSON.stringify(chunk) }];
  if (inline) return puts;
  for (const [column, values] of hot.entries()) {
    if (values.every(isAbsent)) continue;
    puts.push({ type: 'put', key: hotValueKey(column, key), value: JSON.stringify(values) });
  }
  return puts;
}

/**
 * Adds a stored chunk to the lifetimes. `read` gives what is stored under a key; it is called when a hot key of these
 * lifetimes is first asked for.
 */
export function applyChunk(
  lifetimes: Lifetimes,
  key: string,
  text: string,
  checkpoint: boolean,
  read: (key: string) => string | undefined,
): void {
  const [first, kinds, from, ids, parents, children, others, hot] = JSON.parse(text) as Chunk;
  let edge = 0;
  for (let place = 0; place < ids.length; place++) {
    const isEdge = kinds.charCodeAt(place) === 49;
    const parent = isEdge ? parents[edge]! : -1;
    const child = isEdge ? children[edge++]! : -1;
    lifetimes.begin(first + place, isEdge, from[place]!, ids[place]!, parent, child, checkpoint);
  }
  for (let column = 0; column < hotKeys.length && ids.length > 0; column++) {
    const target = lifetimes.hot[column]!;
    if (hot !== 0) {
      for (let place = 0; place < ids.length; place++)
        target.add(first + place, unpack(hot[column]![place]!));
    } else {
      target.later(first + ids.length, () => {
        const values = read(hotValueKey(column, key));
        if (values === undefined) return;
        for (const [place, value] of (JSON.parse(values) as Packed[]).entries()) {
          target.add(first + place, unpack(value));
        }
      });
    }
  }
  for (const happening of others) lifetimes.apply(happening, checkpoint);
}

function pack(value: Added[4][number]): Packed {
  const [only] = value;
  return only === undefined || (typeof only === 'object' && only !== null) ? value : only;
}

function unpack(packed: Packed): MetadataValue | undefined {
  return Array.isArray(packed) ? (packed[0] as MetadataValue | undefined) : (packed as MetadataValue);
}

function isAbsent(packed: Packed): boolean {
  return Array.isArray(packed) && packed.length === 0;
}
