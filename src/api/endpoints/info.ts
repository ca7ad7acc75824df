// SPDX-License-Identifier: Apache-2.0

import { jsonAnswer } from '../answer.js';
import type { Handler } from '../exchange.js';

/** `GET /api`: who answers. */
export function infoHandler(host: string, version: string, service: string): Handler {
  return () => jsonAnswer({ Host: host, Version: version, Service: service });
}
