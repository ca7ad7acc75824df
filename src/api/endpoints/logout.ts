// SPDX-License-Identifier: Apache-2.0

import type { Authenticator } from '../../auth/authenticator.js';
import type { Handler } from '../exchange.js';
import { credentialOf } from '../transport/credential.js';

const gone = 'Path=/; Max-Age=0';

/** `POST /logout`: the credential is no longer taken, and the browser forgets its cookies. */
export function logoutHandler(authenticator: Authenticator): Handler {
  return async ({ headers, query }) => {
    await authenticator.logout(credentialOf(headers, query));
    return { status: 204, headers: { 'Set-Cookie': [`authtoken=; ${gone}`, `permissions=; ${gone}`] } };
  };
}
