// SPDX-License-Identifier: Apache-2.0

import type { Config, ConfigValue } from './key.js';
import type { Schema } from './schema.js';
import { isTree, put, type Tree } from './tree.js';

export const mask = '********';

/** Names that hold a secret also where nobody declared them, in sections of the user's own. */
const secretName = /(^|[._-])(password|passwd|secret|token|api_?key)$/;

/** True for a password or the like: its value is never shown. */
export function isSecret(schema: Schema, key: string): boolean {
  const name = key.toLowerCase();
  const outer = schema.enclosingMap(name);
  return (
    schema.find(name)?.secret === true ||
    (outer !== undefined && schema.find(outer)?.secret === true) ||
    (schema.find(name) === undefined && secretName.test(name))
  );
}

/** The value of a key as it may be shown: secrets, also deep inside a section, are masked. */
export function shown(schema: Schema, key: string, value: ConfigValue): ConfigValue {
  if (isTree(value)) {
    const copy: Tree = {};
    for (const [name, below] of Object.entries(value)) {
      const path = key === '' ? name : `${key}.${name}`;
      put(copy, name, shown(schema, path, below));
    }
    return copy;
  }
  return isSecret(schema, key) && value !== '' && value !== null ? mask : value;
}

/** Every secret text the configuration holds, for a logger that must not let one through. */
export function secretTexts(schema: Schema, config: Config, sections: Iterable<string>): string[] {
  const texts = new Set<string>();
  const visit = (key: string, value: ConfigValue | undefined): void => {
    if (isTree(value)) {
      for (const [name, below] of Object.entries(value)) visit(`${key}.${name}`, below);
    } else if (typeof value === 'string' && value !== '' && isSecret(schema, key)) {
      texts.add(value);
    }
  };
  for (const section of sections) visit(section, config.get(section));
  for (const { key, secret } of schema.keys) if (secret && !key.includes('*')) visit(key, config.get(key));
  return [...texts];
}
