// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';
import type { Retention } from '../store/level/retention.js';
import { backendKeys } from './backend.js';

/**
 * How much of the past a storage section keeps for one of those that use it: where topology and flows share a section,
 * each has half of its size. 0 keeps it all.
 */
export function retentionOf(config: Config, section: string): Retention {
  const limit = (key: string) => config.getInt(`storage.${section}.${key}`) || Number.POSITIVE_INFINITY;
  const users = backendKeys.filter((key) => config.getString(key) === section);
  return {
    maxAgeMs: limit('max_age') * 1000,
    maxSizeBytes: Math.floor(limit('max_size') / Math.max(1, users.length)),
  };
}
