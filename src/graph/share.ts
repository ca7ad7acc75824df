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
const variantsOf = new Map<string, MetadataMap[]>();

/** Equal edge metadata that other edges hold already: small, of scalars, and frozen. Otherwise what was given. */
export function shareEdgeMetadata(metadata: MetadataMap): MetadataMap {
  const type = metadata['RelationType'];
  if (typeof type !== 'string') return metadata;
  const variants = variantsOf.get(type);
  if (variants !== undefined) {
    for (const variant of variants) if (isSame(variant, metadata)) return variant;
    if (variants.length >= maxVariants) return metadata;
  }
  if (!isSmall(metadata)) return metadata;
  const variant = Object.freeze({ ...metadata });
  if (variants !== undefined) variants.push(variant);
  else {
    if (variantsOf.size >= maxRelations) variantsOf.clear();
    variantsOf.set(type, [variant]);
  }
  return variant;
}

function isSmall(metadata: MetadataMap): boolean {
  const values = Object.values(metadata);
  return values.length <= maxKeys && values.every((value) => typeof value !== 'object' || value === null);
}

/** Equality of shallow maps; what is nested differs. */
function isSame(known: MetadataMap, given: MetadataMap): boolean {
  let count = 0;
  for (const key in given) {
    if (known[key] !== given[key] || !Object.hasOwn(known, key)) return false;
    count++;
  }
  for (const _ in known) count--;
  return count === 0;
}
