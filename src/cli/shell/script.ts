// SPDX-License-Identifier: Apache-2.0

import { goesOn } from './statement.js';

export interface ScriptStatement {
  readonly text: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

/**
 * The statements of a script. Lines that are empty or start with `//` or `#` are left out between statements; one goes
 * on while parentheses are open, and in a line that starts with a dot.
 */
export function statementsOf(script: string): readonly ScriptStatement[] {
  const statements: ScriptStatement[] = [];
  let current: { text: string; line: number } | undefined;
  for (const [index, line] of script.split(/\r?\n/).entries()) {
    if (current !== undefined && (goesOn(current.text) || /^\s*\./.test(line))) {
      current.text += `\n${line}`;
      continue;
    }
    if (/^\s*($|\/\/|#)/.test(line)) continue;
    if (current !== undefined) statements.push(current);
    current = { text: line, line: index + 1 };
  }
  if (current !== undefined) statements.push(current);
  return statements;
}
