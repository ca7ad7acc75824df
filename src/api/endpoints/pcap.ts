// SPDX-License-Identifier: Apache-2.0

import { jsonType } from '../answer.js';
import type { Route } from '../route.js';

/**
 * `POST /api/pcap`: makes flows of a capture file of any size and stores them, as if the packets were seen when the
 * file says. `take` reads the file to its end; it throws SKY_E_BAD_REQUEST when it is none.
 */
export function pcapRoute(take: (file: AsyncIterable<Uint8Array>) => Promise<void>): Route {
  return {
    path: '/api/pcap',
    methods: ['POST'],
    access: { object: 'pcap', action: 'write', refusal: 'empty' },
    async handler(request) {
      await take(request.stream());
      return { status: 202, type: jsonType };
    },
  };
}
