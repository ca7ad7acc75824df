// SPDX-License-Identifier: Apache-2.0
// YAML files that the operator gives, read as Ansible reads them: YAML 1.1.

import { readFileSync } from 'node:fs';
import { isMap, parseDocument, type Tags } from 'yaml';
import { messageOf, SkydiveError } from '../errors.js';

/** A number or date, kept as it was written: it has to mean the same in the inventory (`1.10`, `0755`, `12:30`). */
export class Verbatim {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Variables = Map<string, unknown>;

const kept = /^tag:yaml\.org,2002:(int|float|timestamp)$/;

/** PyYAML leaves out the `y` and `n` of YAML 1.1. */
const truth = /^tag:yaml\.org,2002:bool$/;

/** The tags of YAML 1.1 as PyYAML has them, numbers and dates kept as {@link Verbatim}. */
export function pythonTags(tags: Tags): Tags {
  return tags.map((tag): Tags[number] => {
    if (typeof tag === 'string' || 'collection' in tag) return tag;
    if (truth.test(tag.tag)) {
      const yes = tag.test?.test('yes') === true;
      return {
        ...tag,
        test: yes ? /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/ : /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
      };
    }
    if (!kept.test(tag.tag)) return tag;
    const { tag: name, test, format } = tag;
    return {
      tag: name,
      default: true,
      ...(test === undefined ? {} : { test }),
      ...(format === undefined ? {} : { format }),
      identify: (value) => value instanceof Verbatim,
      resolve: (text: string) => new Verbatim(text),
      stringify: ({ value }) => (value as Verbatim).text,
    };
  });
}

/**
 * The mapping in a file, its keys as texts; undefined when the file is empty or none is given.
 *
 * Throws SKY_E_CONFIG when it cannot be read, is no YAML or holds something else than a mapping. `what` names the
 * file in messages.
 */
export function readVariables(path: string | undefined, what: string): Variables | undefined {
  if (!path) return undefined;
  const fail = (why: string, cause?: unknown) =>
    new SkydiveError('SKY_E_CONFIG', `${what} ${path}: ${why}`, { cause });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fail(`cannot be read: ${messageOf(error)}`, error);
  }
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    customTags: pythonTags,
    logLevel: 'error',
  });
  // An unknown tag is a warning of the parser; its value would lose its meaning.
  const wrong = document.errors[0] ?? document.warnings[0];
  if (wrong !== undefined) throw fail(`is not valid YAML: ${wrong.message}`, wrong);
  if (document.contents === null) return undefined;
  let content: unknown;
  try {
    content = document.toJS({ mapAsMap: true });
  } catch (error) {
    throw fail(`is not valid YAML: ${messageOf(error)}`, error);
  }
  if (content === null) return undefined;
  if (!isMap(document.contents) || !(content instanceof Map))
    throw fail('must hold a mapping, of the form `name: value`');
  return new Map(
    [...content].map(([key, value]) => [key instanceof Verbatim ? key.text : String(key), value]),
  );
}
