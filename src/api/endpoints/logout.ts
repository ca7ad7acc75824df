// SPDX-License-Identifier: Apache-2.0

import type { Authenticator } from '../../auth/authenticator.js';
import type { Logger } from '../../log/logger.js';
import { auditLine } from '../audit.js';
import type { Handler } from '../exchange.js';
import { credentialOf } from '../transport/credential.js';

const gone = 'Path=/; Max-Age=0';

/** `POST /logout`: the credential is no longer taken, and the browser forgets its cookies. */
export function logoutHandler(authenticator: Authenticator, logger: Logger): Handler {
  return async ({ headers, query, user, from }) => {
    await authenticator.logout(credentialOf(headers, query));
    logger.info(auditLine({ user, from, what: 'log out', allowed: true }));
    return { status: 204, headers: { 'Set-Cookie': [`authtoken=; ${gone}`, `permissions=; ${gone}`] } };
  };
}
