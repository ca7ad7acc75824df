// SPDX-License-Identifier: Apache-2.0

/** Longer texts are cut: clients limit what the head of an answer may take. */
const longest = 1024;

/**
 * A text as the value of a header: what is not printable ASCII, and `%`, is percent-encoded UTF-8, which
 * `decodeURIComponent` reverses.
 */
export function headerText(text: string): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  let encoded = '';
  for (const byte of Buffer.from(shown, 'utf8')) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
