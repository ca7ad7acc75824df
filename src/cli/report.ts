// SPDX-License-Identifier: Apache-2.0

import { hostname } from 'node:os';
import { messageOf } from '../errors.js';
import { currentLog } from './settings.js';

/** A failed command says why in its log; before there is one, on stderr in the same form. */
export async function reportFailure(error: unknown): Promise<void> {
  const log = currentLog();
  if (log === undefined) {
    process.stderr.write(`${new Date().toISOString()}\tERROR\t${hostname()}: ${messageOf(error)}\n`);
    return;
  }
  log.error(messageOf(error));
  await log.close();
}
