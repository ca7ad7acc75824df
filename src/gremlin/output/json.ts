// SPDX-License-Identifier: Apache-2.0

import { ByKey } from '../by-key.js';
import type { Kind } from '../current.js';
import type { Result } from '../result.js';
import { Scheduler } from '../scheduler.js';

/** How deep a result is taken apart before its parts are stringified whole. */
const depths: { readonly [kind in Kind]: number } = {
  Graph: 3,
  V: 1,
  E: 1,
  Paths: 2,
  Value: 1,
  Flows: 1,
  Metrics: 3,
  RawPackets: 3,
  Sockets: 3,
  Group: 3,
  NextHop: 2,
};

const special = /[<>&\u2028\u2029]/g;

/** JSON of one value; `<`, `>`, `&` and the two line separators are escaped, as clients of the original know it. */
function stringify(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.replace(special, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function* pieces(value: unknown, depth: number): Generator<string> {
  if (depth === 0 || typeof value !== 'object' || value === null) {
    yield stringify(value);
  } else if (Array.isArray(value)) {
    yield '[';
    for (let i = 0; i < value.length; i++) {
      if (i > 0) yield ',';
      yield* pieces(value[i], depth - 1);
    }
    yield ']';
  } else {
    let first = true;
    yield '{';
    for (const [key, inner] of value instanceof ByKey ? value : Object.entries(value)) {
      if (inner === undefined) continue;
      yield `${first ? '' : ','}${stringify(key)}:`;
      first = false;
      yield* pieces(inner, depth - 1);
    }
    yield '}';
  }
}

/** Characters to a chunk. */
const chunkLength = 65536;

/**
 * The JSON of a value and a newline, in chunks, letting others run meanwhile. `depth` tells how many levels of lists
 * and maps (a ByKey is one too) are taken apart; what lies deeper is stringified in one go.
 */
export async function* encodeValue(
  value: unknown,
  depth: number,
  scheduler: Scheduler,
): AsyncGenerator<string> {
  let chunk = '';
  for (const piece of pieces(value, depth)) {
    chunk += piece;
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = '';
    if (scheduler.due()) await scheduler.pause();
  }
  yield `${chunk}\n`;
}

/** The result as JSON text, in chunks. */
export function encodeJson(result: Result, scheduler: Scheduler = new Scheduler()): AsyncGenerator<string> {
  const value = 'byKey' in result ? (result.byKey.size === 0 ? [] : [result.byKey]) : result.toJSON();
  return encodeValue(value, depths[result.kind], scheduler);
}
