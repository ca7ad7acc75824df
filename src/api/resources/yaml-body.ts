// SPDX-License-Identifier: Apache-2.0

// Imported by name and not lazily: a bundle gives a lazily imported CommonJS package no named exports.
import { parse } from 'yaml';
import { messageOf, SkydiveError } from '../../errors.js';

/** The value of a YAML text. Throws SKY_E_BAD_REQUEST. */
export function parseYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100, prettyErrors: false, logLevel: 'silent' });
  } catch (error) {
    throw new SkydiveError('SKY_E_BAD_REQUEST', `yaml: ${messageOf(error)}`, { cause: error });
  }
}
