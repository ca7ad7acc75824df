// SPDX-License-Identifier: Apache-2.0

import { syntaxError } from './error.js';

export type TokenKind = 'word' | 'string' | 'integer' | 'float' | '(' | ')' | ',' | '.' | 'illegal' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The lexeme as written; of a string, what is between the quotes. */
  readonly text: string;
  /** Offset in the text, in UTF-16 units. */
  readonly position: number;
  /** Of a number. */
  readonly value?: number;
}

const largestInt64 = 9223372036854775807n;

/** ASCII letters; nothing else starts a name. */
function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/**
 * Cuts a query into tokens, one at a time. Source of the rules: the original's scanner. Two of them surprise: either
 * quote closes a string whichever opened it, and there are no escapes. U+0000 ends the input, even within a string.
 */
export class Lexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    const nul = text.indexOf('\0');
    this.#text = nul < 0 ? text : text.slice(0, nul);
  }

  next(): Token {
    const text = this.#text;
    let at = this.#at;
    while (at < text.length && ' \t\n'.includes(text[at]!)) at++;
    const position = at;
    if (at >= text.length) {
      this.#at = at;
      return { kind: 'end', text: '', position };
    }
    const first = text[at]!;
    if (first === '(' || first === ')' || first === ',' || first === '.') {
      this.#at = at + 1;
      return { kind: first, text: first, position };
    }
    if (first === '"' || first === "'") return this.#string(position);
    const code = first.charCodeAt(0);
    if (isDigit(code)) return this.#number(position);
    if (isLetter(code)) {
      at++;
      while (at < text.length) {
        const next = text.charCodeAt(at);
        if (!isLetter(next) && !isDigit(next) && next !== 95) break;
        at++;
      }
      this.#at = at;
      return { kind: 'word', text: text.slice(position, at), position };
    }
    const whole = String.fromCodePoint(text.codePointAt(at)!);
    this.#at = at + whole.length;
    return { kind: 'illegal', text: whole, position };
  }

  #string(position: number): Token {
    const text = this.#text;
    let end = position + 1;
    while (end < text.length && text[end] !== '"' && text[end] !== "'") end++;
    this.#at = Math.min(end + 1, text.length);
    return { kind: 'string', text: text.slice(position + 1, end), position };
  }

  #number(position: number): Token {
    const text = this.#text;
    let end = position;
    while (end < text.length && (isDigit(text.charCodeAt(end)) || text[end] === '.')) end++;
    // `4a`: the error token is the letter.
    if (end < text.length && isLetter(text.charCodeAt(end))) {
      this.#at = end + 1;
      return { kind: 'illegal', text: text[end]!, position: end };
    }
    this.#at = end;
    const lexeme = text.slice(position, end);
    const dots = lexeme.split('.').length - 1;
    if (dots > 1) {
      throw syntaxError('P-NUM', {
        position,
        found: `\`${lexeme}\``,
        expected: 'a number with at most one decimal point',
      });
    }
    const value = Number(lexeme);
    const integer = dots === 0 && (lexeme.length < 16 || BigInt(lexeme) <= largestInt64);
    return { kind: integer ? 'integer' : 'float', text: lexeme, position, value };
  }
}

/** How a message names a token. */
export function nameOf(token: Token): string {
  if (token.kind === 'end') return 'the end of the query';
  return token.kind === 'string' ? `"${token.text}"` : `\`${token.text}\``;
}
