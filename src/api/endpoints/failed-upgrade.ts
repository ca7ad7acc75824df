// SPDX-License-Identifier: Apache-2.0

import type { ApiAnswer } from '../exchange.js';

/** A plain request to a WebSocket endpoint. 500 rather than 426: what the original answers. */
export function failedUpgradeHandler(): ApiAnswer {
  return { status: 500, headers: { Connection: 'close' } };
}
