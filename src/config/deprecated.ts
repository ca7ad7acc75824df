// SPDX-License-Identifier: Apache-2.0

import { type Layers, type Overlay, setValue } from './layers.js';

/**
 * What old names set for new keys that nothing else sets. The original looked at most of them only after the new
 * key's default had won, so they had no effect there; here all of them have.
 */
export function deprecatedOverlays(layers: Layers, placeOf: (key: string) => string) {
  const overlays: Overlay[] = [];
  const warnings: string[] = [];
  for (const [old, news] of layers.schema.deprecated) {
    const value = setValue(layers, old);
    if (value === undefined) continue;
    for (const key of news) {
      if (setValue(layers, key) !== undefined) continue;
      overlays.push({ key, value, place: placeOf(old) });
      warnings.push(`Config value '${old}' is now deprecated. Please use '${key}' instead`);
    }
  }
  return { overlays, warnings };
}
