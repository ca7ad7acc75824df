// SPDX-License-Identifier: Apache-2.0

/** Characters of text that make one chunk. */
const chunkChars = 32 * 1024;

/**
 * Encodes a list as pieces of JSON text, each of about 32 kB: `head`, the items of `encode` joined with commas, `tail`.
 * Lazy: an item is encoded when its chunk is asked for, so whoever takes the chunks decides how much is done at once.
 */
export function* jsonListChunks<T>(
  head: string,
  items: Iterable<T>,
  encode: (item: T) => string,
  tail: string,
): Generator<string, void> {
  let text = head;
  let first = true;
  for (const item of items) {
    text += first ? encode(item) : `,${encode(item)}`;
    first = false;
    if (text.length >= chunkChars) {
      yield text;
      text = '';
    }
  }
  yield text + tail;
}
