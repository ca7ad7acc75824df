// SPDX-License-Identifier: Apache-2.0

import type { Authenticator, Session } from '../../auth/authenticator.js';
import { messageOf, SkydiveError } from '../../errors.js';
import { encodeJson } from '../../json/encode.js';
import type { Logger } from '../../log/logger.js';
import { jsonType, redirectAnswer } from '../answer.js';
import { auditLine } from '../audit.js';
import type { ApiRequest, Handler } from '../exchange.js';

async function form(request: ApiRequest): Promise<URLSearchParams> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return request.query;
  const fields = new URLSearchParams((await request.body()).toString('utf8'));
  for (const [name, value] of request.query) fields.append(name, value);
  return fields;
}

/**
 * `/login`: gives the token that later requests carry, as cookie and as JSON, and what the user may do. The cookies
 * are session cookies without further attributes: the browser application reads both.
 */
export function loginHandler(authenticator: Authenticator, logger: Logger): Handler {
  return async (request) => {
    if (request.method !== 'POST') return redirectAnswer(302, '/', request.method);
    const fields = await form(request);
    const username = fields.get('username');
    const password = fields.get('password');
    if (username === null || password === null) {
      throw new SkydiveError('SKY_E_UNAUTHORIZED', 'No credentials provided');
    }
    const { user, token } = await audited(request, username, logger, () =>
      authenticator.login(username, password, request.from),
    );
    const permissions = authenticator.permissions(user);
    const cookies = [
      ...(token === '' ? [] : [`authtoken=${token}; Path=/`]),
      `permissions=${Buffer.from(encodeJson(permissions)).toString('base64')}; Path=/`,
    ];
    return {
      status: 200,
      type: jsonType,
      headers: {
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Allow-Origin': request.headers.origin ?? '',
        'Set-Cookie': cookies,
      },
      body: encodeJson({ Token: token, Permissions: permissions }),
    };
  };
}

/** A line of the log for each attempt, whatever becomes of it. */
async function audited(
  { from }: ApiRequest,
  username: string,
  logger: Logger,
  login: () => Session | Promise<Session>,
): Promise<Session> {
  const what = `log in as ${JSON.stringify(username)}`;
  try {
    const session = await login();
    logger.info(auditLine({ user: session.user, from, what, allowed: true }));
    return session;
  } catch (error) {
    logger.warn(auditLine({ user: undefined, from, what, allowed: false, why: messageOf(error) }));
    throw error;
  }
}
