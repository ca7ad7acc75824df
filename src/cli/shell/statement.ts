// SPDX-License-Identifier: Apache-2.0

import { tokensOf } from './tokens.js';

/** What a line asks of the shell. */
export type Statement =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'gremlin'; readonly query: string }
  | { readonly kind: 'leave' }
  /** `topic`: a step, or empty. */
  | { readonly kind: 'help'; readonly topic: string }
  /** `name` is empty when the line only asks which one it is. */
  | { readonly kind: 'format'; readonly name: string }
  | { readonly kind: 'foreign'; readonly text: string };

/** Tells what a line is. A line is Gremlin when its first word is `G`, as the language has it in either case. */
export function classify(line: string): Statement {
  const text = line.trim();
  if (text === '') return { kind: 'nothing' };
  if (/^g(?![\w$])(?!\s*=)/i.test(text)) return { kind: 'gremlin', query: text };
  if (/^(exit|quit)(\(\))?;?$/.test(text)) return { kind: 'leave' };
  const [, command, argument = ''] = /^(help|\?|format)(?:\s+(\w+))?$/.exec(text) ?? [];
  if (command === 'format') return { kind: 'format', name: argument };
  if (command !== undefined) return { kind: 'help', topic: argument };
  return { kind: 'foreign', text };
}

/** How many parentheses of a query wait to be closed; 0 when more lines cannot mend it. */
export function openParentheses(query: string): number {
  let depth = 0;
  for (const { kind } of tokensOf(query)) {
    if (kind === '(') depth++;
    else if (kind === ')' && --depth < 0) return 0;
  }
  return depth;
}

/** Whether a statement goes on in the next line: parentheses are open, or it ends with the dot before a step. */
export function goesOn(text: string): boolean {
  if (classify(text).kind !== 'gremlin') return false;
  return openParentheses(text) > 0 || tokensOf(text).at(-1)?.kind === '.';
}
