// SPDX-License-Identifier: Apache-2.0
// The command line as argparse reads it: every word is classified first, then options take their values from left
// to right, and what nobody took is reported at the end.

import { type Option, options } from './options.js';

/** A command line that cannot be understood: the usage is shown with it and the exit code is 2. */
export class UsageError extends Error {}

export interface Given {
  readonly name: string;
  readonly value: string;
}

export interface CommandLine {
  /** Options with their values, in the order given: a later one wins. */
  readonly given: readonly Given[];
  /** `--help` was met before anything that is wrong. */
  readonly help: boolean;
}

type Word =
  | { readonly kind: 'value' }
  | { readonly kind: 'separator' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'option'; readonly name: string; readonly value: string | undefined };

const value: Word = { kind: 'value' };
const unknown: Word = { kind: 'unknown' };
const abbreviable = ['help', ...options.filter((one: Option) => !one.extra).map((one) => one.name)];
const exact = new Set(['help', ...options.map((one) => one.name)]);

function classify(word: string): Word {
  if (!word.startsWith('-') || word === '-') return value;
  if (word === '-h') return { kind: 'option', name: 'help', value: undefined };
  const equals = word.indexOf('=');
  const typed = equals < 0 ? word : word.slice(0, equals);
  const explicit = equals < 0 ? undefined : word.slice(equals + 1);
  if (word.startsWith('-h')) return { kind: 'option', name: 'help', value: word.slice(2).replace(/^=/, '') };
  if (word.startsWith('--')) {
    const name = typed.slice(2);
    if (exact.has(name)) return { kind: 'option', name, value: explicit };
    const matches = abbreviable.filter((one) => one.startsWith(name));
    if (matches.length > 1) {
      const list = matches.map((one) => `--${one}`).join(', ');
      throw new UsageError(`ambiguous option: ${word} could match ${list}`);
    }
    if (matches[0] !== undefined) return { kind: 'option', name: matches[0], value: explicit };
  }
  // Looks like a negative number, or like text: no option is named so.
  if (/^-\d+$|^-\d*\.\d+$/.test(word) || word.includes(' ')) return value;
  return unknown;
}

/** Throws {@link UsageError}. */
export function readArguments(words: readonly string[]): CommandLine {
  const end = words.indexOf('--');
  const classified = words.map((word, index): Word => {
    if (end < 0 || index < end) return classify(word);
    return index === end ? { kind: 'separator' } : value;
  });
  const given: Given[] = [];
  const unrecognized: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = classified[index];
    if (word?.kind !== 'option') {
      unrecognized.push(words[index] ?? '');
      continue;
    }
    if (word.name === 'help') {
      if (word.value === undefined) return { given, help: true };
      throw new UsageError(`argument -h/--help: ignored explicit argument '${word.value}'`);
    }
    if (word.value !== undefined) {
      given.push({ name: word.name, value: word.value });
      continue;
    }
    const following = words[index + 1];
    if (following === undefined || classified[index + 1]?.kind !== 'value')
      throw new UsageError(`argument --${word.name}: expected one argument`);
    given.push({ name: word.name, value: following });
    index += 1;
  }
  if (unrecognized.length > 0) throw new UsageError(`unrecognized arguments: ${unrecognized.join(' ')}`);
  return { given, help: false };
}
