// SPDX-License-Identifier: Apache-2.0

import { encodeJson } from './encode.js';

/** Characters of a chunk: large enough to make few writes, small enough to be encoded well below 5 ms. */
const chunkLength = 32 * 1024;
/** Lists of up to this many elements are encoded in one go when they lie inside an object. */
const smallList = 64;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function isLongList(value: unknown): boolean {
  return Array.isArray(value) && value.length > smallList;
}

/** Pieces of the text of one value, split at the elements of long lists. */
function* pieces(given: unknown): Generator<string> {
  const value = typeof given === 'object' && given !== null && hasToJson(given) ? given.toJSON() : given;
  if (Array.isArray(value)) {
    yield '[';
    for (let i = 0; i < value.length; i++) {
      if (i > 0) yield ',';
      yield* element(value[i]);
    }
    yield ']';
  } else if (isObject(value)) {
    yield '{';
    let first = true;
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue;
      yield `${first ? '' : ','}${encodeJson(key)}:`;
      first = false;
      yield* element(member);
    }
    yield '}';
  } else {
    yield encodeJson(value);
  }
}

/** One element of a list or member of an object: in one go unless a long list hides in it. */
function* element(value: unknown): Generator<string> {
  if (isLongList(value) || (isObject(value) && Object.values(value).some(isLongList))) yield* pieces(value);
  else yield encodeJson(value);
}

/**
 * The text of `encodeJson(value)` in chunks, so that an answer of any size can be sent without holding it as one
 * string and without keeping the event loop: the caller yields between chunks.
 */
export function* jsonChunks(value: unknown): Generator<string> {
  let chunk = '';
  for (const piece of pieces(value)) {
    chunk += piece;
    if (chunk.length >= chunkLength) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
