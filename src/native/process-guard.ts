// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../errors.js';
import type { Logger } from '../log/logger.js';
import { addon } from './addon.js';

/**
 * Keeps the secrets of this process out of core dumps, and other processes of its user out of its memory. Where that
 * cannot be had it goes on, and the log says so.
 */
export function forbidCoreDumps(logger: Logger): void {
  try {
    addon().ProcessGuard.forbidCoreDumps();
  } catch (error) {
    logger.warn(`a core dump of this process would hold its passwords: ${messageOf(error)}`);
  }
}

/** Gives up all capabilities but those of `keep`, a bit for each number of capabilities(7); see `forbidCoreDumps`. */
export function keepCapabilities(keep: bigint, logger: Logger): void {
  try {
    addon().ProcessGuard.keepCapabilities(keep);
  } catch (error) {
    logger.warn(`this process keeps privileges that it does not need: ${messageOf(error)}`);
  }
}
