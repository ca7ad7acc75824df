// SPDX-License-Identifier: Apache-2.0

import { type GremlinCategory, syntaxError } from './error.js';
import { Lexer, nameOf, type Token } from './lexer.js';
import { nearest } from './nearest.js';
import type { Call, Constant, Param, PredicateName } from './syntax.js';

/** What the parser has to know of a step. */
export interface StepSyntax {
  readonly name: string;
  /** Written without parentheses: the inner `G`. */
  readonly bare?: boolean;
  /** Refuses parameters that no run could accept (P-ARG). */
  readonly check?: (call: Call) => void;
}

/** Looks a step up by its upper-cased name. */
export interface Vocabulary {
  get(upperName: string): StepSyntax | undefined;
  /** Canonical names, for suggestions. */
  names(): Iterable<string>;
}

/** Predicates by upper-cased name: least and most parameters. */
const predicates = new Map<string, readonly [name: PredicateName, least: number, most: number]>(
  (
    [
      ['Metadata', 0, Infinity],
      ['Within', 0, Infinity],
      ['Without', 0, Infinity],
      ['LT', 1, 1],
      ['LTE', 1, 1],
      ['GT', 1, 1],
      ['GTE', 1, 1],
      ['NE', 1, 1],
      ['NEE', 1, 1],
      ['Ipv4Range', 1, 1],
      ['Regex', 1, 1],
      ['Inside', 2, 2],
      ['Between', 2, 2],
    ] as const
  ).map((row) => [row[0].toUpperCase(), row]),
);

/** The predicates as documented. */
export const predicateNames: readonly PredicateName[] = Array.from(predicates.values(), ([name]) => name);

const constants = new Set(['ASC', 'DESC', 'NOW', 'FOREVER']);

/** Nested predicates never run; the bound keeps the parser's stack safe. */
const deepest = 64;

/** Parses a whole query. Throws SKY_E_GREMLIN_SYNTAX pointing at the first token that is wrong. */
export function parse(text: string, vocabulary: Vocabulary): readonly Call[] {
  return new Parser(text, vocabulary).query();
}

class Parser {
  readonly #lexer: Lexer;
  readonly #vocabulary: Vocabulary;
  #token: Token;

  constructor(text: string, vocabulary: Vocabulary) {
    this.#lexer = new Lexer(text);
    this.#vocabulary = vocabulary;
    this.#token = this.#lexer.next();
  }

  query(): readonly Call[] {
    const first = this.#token;
    if (first.kind !== 'word' || first.text.toUpperCase() !== 'G') this.#fail('P-G', '`G` first');
    this.#advance();
    const calls: Call[] = [];
    while (this.#token.kind !== 'end') {
      if (this.#token.kind !== '.') this.#fail('P-DOT', 'a `.` and a step, or the end');
      this.#advance();
      calls.push(this.#step());
    }
    return calls;
  }

  #step(): Call {
    const token = this.#token;
    if (token.kind === 'end') this.#fail('P-LP', 'a step');
    const upper = token.text.toUpperCase();
    const step = token.kind === 'word' ? this.#vocabulary.get(upper) : undefined;
    if (step === undefined) {
      this.#fail(
        'P-STEP',
        predicates.has(upper) ? 'a step (this is a predicate)' : 'a step',
        token.kind === 'word' ? nearest(token.text, this.#vocabulary.names()) : undefined,
      );
    }
    this.#advance();
    const params = step.bare === true ? [] : this.#params(step.name, 0);
    const call = { name: step.name, params, position: token.position };
    step.check?.(call);
    return call;
  }

  #params(owner: string, depth: number): readonly Param[] {
    if (this.#token.kind !== '(') this.#fail('P-LP', `\`(\` after ${owner}`);
    this.#advance();
    const params: Param[] = [];
    for (;;) {
      // Read afresh: `#advance` moves it behind the compiler's back.
      const { kind } = this.#token as Token;
      if (kind === ')') break;
      if (kind === 'end') this.#fail('P-RP', `\`)\` to close ${owner}`);
      if (kind === ',') this.#advance();
      else params.push(this.#param(depth));
    }
    this.#advance();
    return params;
  }

  #param(depth: number): Param {
    const token = this.#token;
    const { position } = token;
    switch (token.kind) {
      case 'string':
        this.#advance();
        return { kind: 'string', value: token.text, position };
      case 'integer':
      case 'float':
        this.#advance();
        return { kind: token.kind, value: token.value!, position };
      case 'word':
        return this.#word(token, depth);
      default:
        return this.#fail('P-TOK', 'a string, a number, true, false or a predicate');
    }
  }

  #word(token: Token, depth: number): Param {
    const { position } = token;
    const upper = token.text.toUpperCase();
    if (upper === 'TRUE' || upper === 'FALSE') {
      this.#advance();
      return { kind: 'boolean', value: upper === 'TRUE', position };
    }
    if (constants.has(upper)) {
      this.#advance();
      return { kind: 'constant', value: upper as Constant, position };
    }
    const predicate = predicates.get(upper);
    if (predicate === undefined) {
      this.#fail(
        'P-TOK',
        'a string (in quotes), a number, true, false or a predicate',
        nearest(
          token.text,
          [...predicates.values()].map(([name]) => name),
        ),
      );
    }
    const [name, least, most] = predicate;
    if (depth >= deepest) this.#fail('P-PRED', `predicates nested at most ${deepest} deep`);
    this.#advance();
    const params = this.#params(name, depth + 1);
    const wrong = wrongParams(name, least, most, params);
    if (wrong !== undefined) {
      throw syntaxError(name === 'Metadata' ? 'P-META' : 'P-PRED', {
        position,
        found: `\`${name}\` with ${params.length} parameter(s)`,
        expected: wrong,
      });
    }
    return { kind: 'predicate', name, params, position };
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #fail(category: GremlinCategory, expected: string, suggestion?: string): never {
    const { position, text } = this.#token;
    const finding = {
      position,
      found: nameOf(this.#token),
      expected,
      ...(suggestion === undefined ? {} : { suggestion }),
    };
    throw syntaxError(category, finding, text);
  }
}

/** What a predicate wants instead, or undefined when its parameters will do. */
function wrongParams(
  name: PredicateName,
  least: number,
  most: number,
  params: readonly Param[],
): string | undefined {
  if (params.length < least || params.length > most)
    return `${least === 1 ? 'one parameter' : `${least} parameters`}`;
  if (name === 'Regex' && params[0]!.kind !== 'string') return 'one string';
  if (
    name === 'Metadata' &&
    (params.length % 2 !== 0 || params.some((p, i) => i % 2 === 0 && p.kind !== 'string'))
  )
    return 'pairs of a key (a string) and a value';
  return undefined;
}
