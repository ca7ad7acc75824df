// SPDX-License-Identifier: Apache-2.0

import { Lexer, type Token } from '../../gremlin/lexer.js';

/** A token and where it ends. */
export interface Lexeme extends Token {
  /** Offset of the first character behind it. */
  readonly end: number;
  /** A string that nothing closes. */
  readonly open: boolean;
}

/** The tokens of a text without its end; what comes behind a malformed number is left out. */
export function tokensOf(text: string): readonly Lexeme[] {
  const lexer = new Lexer(text);
  const tokens: Lexeme[] = [];
  try {
    for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) {
      const bare = token.position + token.text.length;
      const closed = token.kind === 'string' && bare + 1 < text.length;
      const end = token.kind === 'string' ? Math.min(bare + (closed ? 2 : 1), text.length) : bare;
      tokens.push({ ...token, end, open: token.kind === 'string' && !closed });
    }
  } catch {
    // The analyzer says what is wrong with the number.
  }
  return tokens;
}
