// SPDX-License-Identifier: Apache-2.0

import { tokensOf } from './tokens.js';

/** Characters of a query shown before and behind a token. */
const around = 60;

/**
 * The line of a query that a message speaks of, with the token underlined, or nothing when it names no position
 * (`… at position 6 …`, as the analyzer does).
 */
export function pointerTo(query: string, message: string): string {
  const [, digits] = /\bat position (\d+)\b/.exec(message) ?? [];
  const position = Number(digits ?? Number.NaN);
  if (!(position <= query.length)) return '';
  const token = tokensOf(query).find((candidate) => candidate.position === position);
  const start = query.lastIndexOf('\n', position - 1) + 1;
  const end = query.indexOf('\n', position);
  const line = query.slice(start, end < 0 ? query.length : end).replace(/\p{Cc}/gu, ' ');
  const at = position - start;
  const from = Math.max(0, at - around);
  const length = Math.max(1, Math.min((token?.end ?? position) - position, line.length - at, around));
  const shown = line.slice(from, at + length + around);
  return `${shown.trimEnd()}\n${' '.repeat(at - from)}^${'~'.repeat(length - 1)}\n`;
}
