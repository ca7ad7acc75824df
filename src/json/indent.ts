// SPDX-License-Identifier: Apache-2.0

const quote = 0x22;
const backslash = 0x5c;

/**
 * Lays a JSON text out over lines without decoding it: numbers of any size, escapes and the order of members stay as
 * they are. Feed it the text in pieces (cut anywhere), it gives the laid out pieces. Empty lists and objects stay on
 * one line; what follows the value (a newline) is kept. The text is not checked.
 */
export function createIndenter(indent: string): (piece: string) => string {
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** An opening bracket was written and nothing since. */
  let opened = false;
  let started = false;

  const newline = () => `\n${indent.repeat(depth)}`;

  return (piece) => {
    let out = '';
    let at = 0;
    while (at < piece.length) {
      if (inString) {
        const start = at;
        while (at < piece.length) {
          const code = piece.charCodeAt(at++);
          if (escaped) escaped = false;
          else if (code === backslash) escaped = true;
          else if (code === quote) {
            inString = false;
            break;
          }
        }
        out += piece.slice(start, at);
        continue;
      }
      const character = piece[at++]!;
      if (character === ' ' || character === '\n' || character === '\t' || character === '\r') {
        if (started && depth === 0 && !opened) out += character;
        continue;
      }
      started = true;
      const closing = character === '}' || character === ']';
      if (opened && !closing) {
        depth++;
        out += newline();
        opened = false;
      }
      if (character === '{' || character === '[') {
        opened = true;
        out += character;
      } else if (closing) {
        if (opened) opened = false;
        else {
          depth--;
          out += newline();
        }
        out += character;
      } else if (character === ',') out += character + newline();
      else if (character === ':') out += ': ';
      else {
        if (character === '"') inString = true;
        out += character;
      }
    }
    return out;
  };
}
