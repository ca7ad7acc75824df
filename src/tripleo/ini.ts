// SPDX-License-Identifier: Apache-2.0
// Configuration files in the dialect of oslo.config: INI without in-line comments, `=` or `:`, values continued by
// indented lines, one pair of quotes around a value removed.

import { SkydiveError } from '../errors.js';

/** The options of section `[DEFAULT]`; of one that is repeated, the last. */
export type IniOptions = ReadonlyMap<string, string>;

function splitAssignment(line: string): readonly [string, string] | undefined {
  const at = line.search(/[=:]/);
  if (at < 0) return undefined;
  const text = line.slice(at + 1).trim();
  const quote = text[0];
  const quoted = (quote === '"' || quote === "'") && text.endsWith(quote);
  return [line.slice(0, at).trim(), quoted ? text.slice(1, -1) : text];
}

/** `path` is for messages. Throws SKY_E_CONFIG. */
export function parseIni(text: string, path: string): IniOptions {
  const found = new Map<string, string>();
  let section: string | undefined;
  let key: string | undefined;
  let number = 0;
  const fail = (why: string, line: string): never => {
    throw new SkydiveError(
      'SKY_E_CONFIG',
      `Failed to parse ${path}: at ${path}:${number}, ${why}: '${line}'`,
    );
  };
  const store = (name: string, value: string) => {
    if (section === 'DEFAULT') found.set(name, value);
  };
  for (const raw of text.split(/\r\n|\r|\n/)) {
    number += 1;
    const line = raw.trimEnd();
    if (line === '') {
      key = undefined;
    } else if (/^[ \t]/.test(line)) {
      if (key === undefined) fail('Unexpected continuation line', line);
      else store(key, `${found.get(key) ?? ''}\n${line.trimStart()}`);
    } else if (line.startsWith('[')) {
      if (!line.endsWith(']')) fail('Invalid section (must end with ])', line);
      if (line.length === 2) fail('Empty section name', line);
      section = line.slice(1, -1);
      key = undefined;
    } else if (line.startsWith('#') || line.startsWith(';')) {
      key = undefined;
    } else {
      const assignment = splitAssignment(line) ?? fail("No ':' or '=' found in assignment", line);
      if (assignment[0] === '') fail('Key cannot be empty', line);
      if (section === undefined) fail('Section must be started before assignment', line);
      key = assignment[0];
      store(key, assignment[1]);
    }
  }
  return found;
}
