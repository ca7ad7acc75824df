// SPDX-License-Identifier: Apache-2.0

import type { Kind } from '../../gremlin/current.js';
import type { StepDefinition } from '../../gremlin/step.js';
import { vocabulary } from '../../gremlin/steps/registry.js';
import { type Lexeme, tokensOf } from './tokens.js';

/** A step or predicate whose parentheses are open. */
export interface Frame {
  /** As documented for a step, as written for a predicate. */
  readonly name: string;
  /** What is between the parentheses so far; a predicate is there by its name. */
  readonly params: readonly Lexeme[];
}

/** What the cursor is in, and what was written there already (`word`, with the quote that opens it). */
export type Place =
  | { readonly kind: 'start'; readonly word: string }
  | { readonly kind: 'dot'; readonly word: '' }
  /** A step. `after`: what it follows, undefined when that is not known. */
  | { readonly kind: 'step'; readonly word: string; readonly after: Kind | undefined }
  | {
      readonly kind: 'parameter';
      readonly word: string;
      /** Outermost first: the step, then the predicates that it is within. */
      readonly frames: readonly Frame[];
      readonly after: Kind | undefined;
      /** The query in front of the step. */
      readonly query: string;
    }
  | { readonly kind: 'unknown'; readonly word: '' };

const unknown: Place = { kind: 'unknown', word: '' };

const kinds = new Set<string>([
  'Graph',
  'V',
  'E',
  'Paths',
  'Value',
  'Flows',
  'Metrics',
  'RawPackets',
  'Sockets',
  'Group',
  'NextHop',
] satisfies Kind[]);

/** What a step gives, as far as its definition tells. */
function given(step: StepDefinition | undefined, after: Kind | undefined): Kind | undefined {
  if (step === undefined) return undefined;
  if (kinds.has(step.returns)) return step.returns as Kind;
  if (!step.returns.startsWith('what it follows')) return undefined;
  return step.name === 'Dedup' && after === 'Paths' ? 'V' : after;
}

/** Where the cursor is, behind `text`. */
export function placeOf(text: string): Place {
  const tokens = [...tokensOf(text)];
  const last = tokens.at(-1);
  // What the cursor touches is still being written.
  const touched =
    last !== undefined && last.end === text.length && ['word', 'integer', 'float'].includes(last.kind);
  const unfinished = last !== undefined && (touched || last.open) ? tokens.pop() : undefined;
  const word = unfinished === undefined ? '' : text.slice(unfinished.position);
  // Right behind what is complete nothing can follow yet but a comma.
  const closed = unfinished === undefined && last?.kind === 'string' && last.end === text.length;
  const first = tokens.shift();
  if (closed) return unknown;
  if (first === undefined) return unfinished?.open === true ? unknown : { kind: 'start', word };
  if (first.kind !== 'word' || first.text.toUpperCase() !== 'G') return unknown;
  return walk(text, tokens, word);
}

function walk(text: string, tokens: readonly Lexeme[], word: string): Place {
  let after: Kind | undefined = 'Graph';
  let query = '';
  let step: StepDefinition | undefined;
  let name = '';
  let wanted: 'dot' | 'step' | 'parenthesis' = 'dot';
  const frames: { name: string; params: Lexeme[] }[] = [];
  for (const token of tokens) {
    const frame = frames.at(-1);
    if (frame !== undefined) {
      if (token.kind === '(') {
        const predicate = frame.params.at(-1);
        if (predicate?.kind !== 'word') return unknown;
        frames.push({ name: predicate.text, params: [] });
      } else if (token.kind === ')') {
        frames.pop();
        if (frames.length > 0) continue;
        after = given(step, after);
        wanted = 'dot';
      } else if (token.kind === '.' || token.kind === 'illegal') return unknown;
      else if (token.kind !== ',') frame.params.push(token);
    } else if (wanted === 'dot') {
      if (token.kind !== '.') return unknown;
      query = text.slice(0, token.position).trim();
      wanted = 'step';
    } else if (wanted === 'step') {
      if (token.kind !== 'word') return unknown;
      step = vocabulary('full').get(token.text.toUpperCase()) as StepDefinition | undefined;
      name = step?.name ?? token.text;
      if (step?.bare === true) after = given(step, after);
      wanted = step?.bare === true ? 'dot' : 'parenthesis';
    } else {
      if (token.kind !== '(') return unknown;
      frames.push({ name, params: [] });
    }
  }
  if (frames.length > 0) return { kind: 'parameter', word, frames, after, query };
  if (wanted === 'step') return /^\d/.test(word) ? unknown : { kind: 'step', word, after };
  return wanted === 'dot' && word === '' ? { kind: 'dot', word } : unknown;
}
