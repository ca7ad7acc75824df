// SPDX-License-Identifier: Apache-2.0
// Usage and help as Python's argparse (before 3.10) lays them out, which is what the documentation shows.

import { type Option, options, programName } from './options.js';

/** Characters of a line, whatever the terminal's width: the documentation's layout. */
const lineWidth = 78;
/** Where the explanations start. */
const helpColumn = 24;

const shown: readonly Option[] = options.filter((option: Option) => option.extra === undefined);

function invocation(option: Option): string {
  return `--${option.name} ${option.metavar}`;
}

/** Words in lines of at most `width` characters; a longer word has a line of its own. */
function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** The line `usage: …`, wrapped below the program's name. */
export function usage(): string {
  const start = `usage: ${programName} `;
  const parts = ['[-h]', ...shown.map((option) => `[${invocation(option)}]`)];
  const lines = wrapped(parts, lineWidth - start.length);
  return `${start}${lines.join(`\n${' '.repeat(start.length)}`)}\n`;
}

function explained(left: string, text: string | undefined): string {
  const lines = wrapped(text?.split(' ') ?? [], lineWidth - helpColumn);
  const head = `  ${left}`;
  if (lines.length === 0) return `${head}\n`;
  const indent = ' '.repeat(helpColumn);
  const body = lines.join(`\n${indent}`);
  return head.length <= helpColumn - 2
    ? `${head.padEnd(helpColumn)}${body}\n`
    : `${head}\n${indent}${body}\n`;
}

/** What `--help` prints. */
export function help(): string {
  const rows = shown.map((option) => explained(invocation(option), option.help));
  const first = explained('-h, --help', 'show this help message and exit');
  return `${usage()}\noptional arguments:\n${first}${rows.join('')}`;
}
