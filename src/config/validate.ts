// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import { parseAddress } from './address.js';
import type { ConfigKey, ConfigValue } from './key.js';
import { type Layers, setValue } from './layers.js';
import { isSecret, mask } from './secret.js';
import { isTree, valueAt } from './tree.js';
import { type Typed, toType } from './typing.js';

/**
 * Checks every value that a file, variable or option gives. A value of a wrong type counts as the type's zero, as in
 * the original, and is warned about; a refused value throws SKY_E_CONFIG, all of them in one message.
 */
export function validate(layers: Layers, placeOf: (key: string) => string): string[] {
  const warnings: string[] = [];
  const faults: string[] = [];
  for (const [key, declared] of declaredKeys(layers)) {
    const raw = setValue(layers, key);
    if (raw === undefined) continue;
    const typed = toType(raw, declared.type);
    const place = placeOf(key);
    const why = refusal(declared, typed);
    if (why !== undefined) {
      faults.push(`invalid value for ${key} (${display(layers, key, raw)}) in ${place}: ${why}`);
    } else if (typed.fault !== undefined) {
      const zero = JSON.stringify(typed.value);
      warnings.push(
        `${place}: ${key} (${display(layers, key, raw)}) is not ${typed.fault}; ${zero} is used, write ${typed.fault}`,
      );
    }
  }
  if (faults.length > 0) throw new SkydiveError('SKY_E_CONFIG', faults.join('\n'));
  return warnings;
}

function refusal(declared: ConfigKey, typed: Typed): string | undefined {
  if (typed.fault !== undefined && declared.wrongType !== undefined) return declared.wrongType;
  const why = declared.check?.(typed.value);
  if (why !== undefined) return typed.fault === undefined ? why : `it is not ${typed.fault}`;
  if (declared.format !== 'address') return undefined;
  const addresses = Array.isArray(typed.value) ? typed.value : [typed.value];
  for (const address of addresses) {
    try {
      parseAddress(String(address));
    } catch (error) {
      return messageOf(error);
    }
  }
  return undefined;
}

/** The declared keys that may be set, patterns spelled out for each name there is. */
export function* declaredKeys(layers: Layers): Generator<[string, ConfigKey]> {
  for (const declared of layers.schema.keys) {
    const star = declared.key.indexOf('.*.');
    if (star < 0) {
      yield [declared.key, declared];
      continue;
    }
    const section = declared.key.slice(0, star);
    const names = new Set<string>();
    const inFiles = valueAt(layers.files, section);
    if (isTree(inFiles)) for (const name of Object.keys(inFiles)) names.add(name);
    for (const { key } of layers.overlays) {
      if (key.startsWith(`${section}.`)) names.add(key.slice(section.length + 1).split('.', 1)[0]!);
    }
    for (const name of names) {
      const key = declared.key.replace('*', name);
      // The section's own declaration is checked under its own name.
      if (layers.schema.find(key) === declared) yield [key, declared];
    }
  }
}

function display(layers: Layers, key: string, value: ConfigValue): string {
  if (isSecret(layers.schema, key)) return mask;
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(' ') : JSON.stringify(value);
}
