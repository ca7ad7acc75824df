// SPDX-License-Identifier: Apache-2.0

import type { ApiAnswer } from '../exchange.js';

/** `GET /healthz`: the process takes requests. Public, for load balancers and kubelets. */
export function healthHandler(): ApiAnswer {
  return { status: 200, type: 'text/plain; charset=utf-8', body: 'ok\n' };
}
