// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from 'node:http';
import type { Authenticator } from '../auth/authenticator.js';
import { messageOf, SkydiveError } from '../errors.js';
import { encodeJson } from '../json/encode.js';
import type { Logger } from '../log/logger.js';
import type { Admission, Authenticate } from '../wire/server.js';
import { auditLine } from './audit.js';
import { credentialOf } from './transport/credential.js';

/** Whose users an endpoint is for: those of the API, or agents and analyzers. */
export type EndpointUsers = 'api' | 'cluster';

/** The table of WebSocket endpoints of an analyzer; in the policy each is the action on the object `websocket`. */
export const endpointUsers: Readonly<Record<string, EndpointUsers>> = {
  '/ws/agent/topology': 'cluster',
  '/ws/agent/flow': 'cluster',
  '/ws/replication': 'cluster',
  '/ws/publisher': 'api',
  '/ws/subscriber': 'api',
  '/ws/subscriber/flow': 'api',
  '/ws/pubsub': 'api',
};

/** Throws SKY_E_INTERNAL for an endpoint that no row says the users of. */
export function requireEndpointRows(paths: Iterable<string>): void {
  for (const path of paths) {
    if (endpointUsers[path] === undefined) {
      throw new SkydiveError(
        'SKY_E_INTERNAL',
        `endpoint ${path} has no access row: say who may use it in the table of endpoints`,
      );
    }
  }
}

/** Lets WebSocket clients in by their credentials and the policy. */
export function admission(
  authenticators: Readonly<Record<EndpointUsers, Authenticator>>,
  logger: Logger,
): Authenticate {
  return async (request, path): Promise<Admission> => {
    const users = endpointUsers[path];
    if (users === undefined) return { admitted: false, status: 403 };
    const authenticator = authenticators[users];
    const from = request.socket.remoteAddress ?? '';
    const credential = credentialOf(request.headers, queryOf(request));
    let user: string;
    try {
      user = await authenticator.authenticate(credential, from);
    } catch (error) {
      logger.warn(
        auditLine({
          user: undefined,
          from,
          what: `connect to ${path}`,
          allowed: false,
          why: messageOf(error),
        }),
      );
      return { admitted: false, status: 401, body: messageOf(error) };
    }
    const cookies = cookiesOf(credential, authenticator, user);
    const allowed = authenticator.allows(user, 'websocket', path);
    const line = auditLine({ user, from, what: `connect to ${path}`, allowed });
    if (allowed) logger.info(line);
    else logger.warn(line);
    return allowed ? { admitted: true, cookies } : { admitted: false, status: 403, cookies };
  };
}

function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? '';
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at));
}

/** What a refused client gets to see; a value with a space is quoted (observed of the original). */
function cookiesOf(credential: string, authenticator: Authenticator, user: string): string[] {
  const permissions = Buffer.from(encodeJson(authenticator.permissions(user))).toString('base64');
  // Whatever could end a header line or the cookie stays out.
  const usable = /^[\x20-\x7e]+$/.test(credential) && !/[";\\]/.test(credential);
  const value = credential.includes(' ') ? `"${credential}"` : credential;
  return [...(usable ? [`authtoken=${value}; Path=/`] : []), `permissions=${permissions}; Path=/`];
}
