// SPDX-License-Identifier: Apache-2.0

import type { MetadataMap } from './element.js';

// A hundred thousand elements of a host say the same host, origin and relation: one copy of each is kept. The tables
// are bounded and start anew when full, which costs memory only.

const maxTexts = 4096;
const texts = new Map<string, string>();

/** An equal string that others hold already. For what has few values. */
export function shareText(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= maxTexts) texts.clear();
  texts.set(text, text);
  return text;
}

const maxRelations = 256;
const maxVariants = 16;
const maxKeys = 4;
const variantsOf = new Map<string, { readonly metadata: MetadataMap; readonly keys: readonly string[] }[]>();

/**
 * Equal edge metadata that other edges hold already: small, of scalars, frozen, its keys in the same order. Otherwise
 * what was given.
 */
export function shareEdgeMetadata(given: MetadataMap): MetadataMap {
  const type = given['RelationType'];
  if (typeof type !== 'string') return given;
  const variants = variantsOf.get(type);
  if (variants !== undefined) {
    for (const { metadata, keys } of variants) if (isSame(metadata, keys, given)) return metadata;
    if (variants.length >= maxVariants) return given;
  }
  const keys = Object.keys(given);
  if (keys.length > maxKeys || keys.some((key) => typeof given[key] === 'object')) return given;
  const variant = { metadata: Object.freeze({ ...given }), keys };
  if (variants !== undefined) variants.push(variant);
  else {
    if (variantsOf.size >= maxRelations) variantsOf.clear();
    variantsOf.set(type, [variant]);
  }
  return variant.metadata;
}

function isSame(known: MetadataMap, keys: readonly string[], given: MetadataMap): boolean {
  let count = 0;
  for (const key in given) {
    if (key !== keys[count] || known[key] !== given[key]) return false;
    count++;
  }
  return count === keys.length;
}
