// SPDX-License-Identifier: Apache-2.0

import { parseDocument } from 'yaml';
import { SkydiveError } from '../errors.js';
import type { ConfigValue } from './key.js';
import { isTree } from './tree.js';

/**
 * Names and values of a YAML text; names become lower case, as those of maps in the configuration do. Throws SKY_E_CONFIG
 * that says where the text is broken, never what is written there.
 */
export function secretMap(text: string, about: string): ConfigValue {
  const document = parseDocument(text, { version: '1.1', prettyErrors: false });
  const [fault] = document.errors;
  // The parser's words would quote what is written there.
  const line = text.slice(0, fault?.pos[0] ?? 0).split('\n').length;
  if (fault !== undefined)
    throw new SkydiveError('SKY_E_CONFIG', `${about}, line ${line}: bad YAML (${fault.code})`);
  const content = document.toJS({ maxAliasCount: 0 }) as ConfigValue;
  if (!isTree(content))
    throw new SkydiveError('SKY_E_CONFIG', `${about} must hold names and values ("name: value")`);
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
