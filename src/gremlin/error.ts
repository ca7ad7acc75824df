// SPDX-License-Identifier: Apache-2.0

import { type ErrorCode, SkydiveError } from '../errors.js';

/**
 * Why a query was refused. `P-…` while parsing, `X-…` while running. Clients only see the message and the HTTP
 * status; the category is for tests and for programs that embed the language.
 */
export type GremlinCategory =
  | 'P-G'
  | 'P-DOT'
  | 'P-LP'
  | 'P-RP'
  | 'P-STEP'
  | 'P-TOK'
  | 'P-NUM'
  | 'P-PRED'
  | 'P-META'
  | 'P-ARG'
  | 'X-EXEC'
  | 'X-STEP'
  | 'X-ID'
  | 'X-ARG'
  | 'X-VAL'
  | 'X-FIELD'
  | 'X-TIME'
  | 'X-HIST'
  | 'X-STORE'
  | 'X-AS'
  | 'X-DUP'
  | 'X-SLICE'
  | 'X-BUDGET'
  | 'X-CANCEL';

const codes: Partial<Record<GremlinCategory, ErrorCode>> = {
  'X-HIST': 'SKY_E_NO_HISTORY',
  'X-BUDGET': 'SKY_E_GREMLIN_BUDGET',
};

/** Where in the text a query is wrong, and what would have been right. */
export interface SyntaxFinding {
  /** Offset of the token in the text, in UTF-16 units, from 0. */
  readonly position: number;
  readonly found: string;
  readonly expected: string;
  /** The nearest name that would be understood. */
  readonly suggestion?: string;
}

/** A query that cannot be parsed or run. */
export class GremlinError extends SkydiveError {
  readonly category: GremlinCategory;
  readonly finding: SyntaxFinding | undefined;

  constructor(category: GremlinCategory, message: string, finding?: SyntaxFinding, cause?: unknown) {
    super(
      codes[category] ?? (category.startsWith('P-') ? 'SKY_E_GREMLIN_SYNTAX' : 'SKY_E_GREMLIN_EXEC'),
      message,
      cause === undefined ? undefined : { cause },
    );
    this.category = category;
    this.finding = finding;
  }
}

/**
 * A syntax error whose message points at the token. Where clients know the original's words, it begins with them:
 * `lexeme` is the token as written.
 */
export function syntaxError(category: GremlinCategory, finding: SyntaxFinding, lexeme = ''): GremlinError {
  const { position, found, expected, suggestion } = finding;
  const hint = suggestion === undefined ? '' : `; did you mean \`${suggestion}\`?`;
  const at = `at position ${position}`;
  const more = `: found ${found}, expected ${expected}`;
  const message = {
    'P-G': `found "${lexeme}", expected \`G\` ${at}`,
    'P-RP': `Expected right parenthesis ${at}${more}`,
    'P-STEP': `Expected step function, got: ${lexeme} ${at}${expected === 'a step' ? '' : more}`,
  }[category as string];
  return new GremlinError(
    category,
    `${message ?? `Gremlin syntax error ${at}${more}`}${hint}`.replace(controls, codePoint),
    finding,
  );
}

const controls = /\p{Cc}/gu;

/** A control character as people can read it. */
function codePoint(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
