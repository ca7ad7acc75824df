// SPDX-License-Identifier: Apache-2.0

import { jsonAnswer } from '../answer.js';
import type { Handler } from '../exchange.js';

/** `GET /api/status`: what the service says of itself at this moment. */
export function statusHandler(status: () => unknown): Handler {
  return async () => jsonAnswer(await status());
}
