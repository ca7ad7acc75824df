// SPDX-License-Identifier: Apache-2.0

/** What stands at the end of a query that is being typed. */
export interface Cursor {
  /** Within a text: what was typed of it, else undefined. */
  readonly text: string | undefined;
  /** The letters before the end, outside of a text. */
  readonly word: string;
  /** The step whose parentheses are open, and how many parameters are complete; undefined outside. */
  readonly step: string | undefined;
  readonly params: readonly string[];
  /** Parentheses that are still open. */
  readonly depth: number;
}

interface Open {
  readonly name: string;
  params: string[];
}

/** Reads a query up to where it ends for now. Either quote closes a text, as in the language. */
export function cursorAt(query: string): Cursor {
  const open: Open[] = [];
  let word = '';
  let text: string | undefined;
  for (const character of query) {
    if (text !== undefined) {
      if (character === '"' || character === "'") {
        open.at(-1)?.params.push(text);
        text = undefined;
      } else text += character;
    } else if (character === '"' || character === "'") {
      text = '';
      word = '';
    } else if (/[A-Za-z0-9_]/.test(character)) word += character;
    else {
      if (character === '(') open.push({ name: word, params: [] });
      else if (character === ')') {
        finish(open, word);
        const closed = open.pop();
        // A predicate is one parameter of the step around it.
        if (closed !== undefined) open.at(-1)?.params.push(`${closed.name}()`);
      } else if (character === ',') finish(open, word);
      word = '';
    }
  }
  const { name, params } = open.at(-1) ?? { name: undefined, params: [] };
  return { text, word, step: name, params, depth: open.length };
}

/** A bare word before a comma or parenthesis is a parameter too. */
function finish(open: readonly Open[], word: string): void {
  if (word !== '') open.at(-1)?.params.push(word);
}

/** A query goes on while a parenthesis or text is open, or it ends in a dot. */
export function isOpen(query: string): boolean {
  const { depth, text } = cursorAt(query);
  return depth > 0 || text !== undefined || /[.,]\s*$/.test(query);
}
