// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';

/** What the `http.ws.*` keys say of a server's connections. */
export function wireLimits(config: Config) {
  return {
    pingDelayMs: config.getInt('http.ws.ping_delay') * 1000,
    pongTimeoutMs: config.getInt('http.ws.pong_timeout') * 1000,
    maxMessageBytes: config.getInt('http.ws.max_message_size'),
  };
}
