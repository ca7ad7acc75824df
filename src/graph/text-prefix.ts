// SPDX-License-Identifier: Apache-2.0

/** Characters that a prefix holds; 48 bits are exact in a double. */
const held = 6;

/**
 * The beginning of a text as a number: of two texts, the one with the smaller prefix comes first in the order of
 * UTF-16 code units; of two with equal prefixes nothing is known. So most comparisons need not touch the texts.
 */
export function textPrefix(text: string): number {
  const length = Math.min(held, text.length);
  let prefix = 0;
  let i = 0;
  for (; i < length; i++) {
    const unit = text.charCodeAt(i);
    // What lies beyond one byte shares the last value, and nothing is told of what follows it.
    if (unit >= 255) {
      prefix = prefix * 256 + 255;
      i++;
      break;
    }
    prefix = prefix * 256 + unit;
  }
  for (; i < held; i++) prefix *= 256;
  return prefix;
}
