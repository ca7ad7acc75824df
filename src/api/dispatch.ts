// SPDX-License-Identifier: Apache-2.0

import type { Context } from 'koa';
import type { Authenticator } from '../auth/authenticator.js';
import { messageOf, SkydiveError } from '../errors.js';
import type { Logger } from '../log/logger.js';
import { emptyAnswer, errorAnswer, notFoundAnswer, redirectAnswer, unauthorizedAnswer } from './answer.js';
import { auditLine } from './audit.js';
import type { ApiAnswer } from './exchange.js';
import type { Limits } from './limits.js';
import type { RouteTable } from './route.js';
import { readBody, streamBody } from './transport/body.js';
import { corsHeaders, preflightAnswer } from './transport/cors.js';
import { credentialOf } from './transport/credential.js';

interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
  /** With the question mark, or empty. */
  readonly search: string;
}

/** Splits a request target and decodes its path. Throws SKY_E_BAD_REQUEST for a broken percent escape. */
function targetOf(requestTarget: string): Target {
  // A proxy may ask in absolute form (RFC 9112 §3.2.2).
  const url = requestTarget.replace(/^https?:\/\/[^/?]*/i, '') || '/';
  const at = url.indexOf('?');
  const search = at < 0 ? '' : url.slice(at);
  try {
    return {
      path: decodeURIComponent(at < 0 ? url : url.slice(0, at)),
      query: new URLSearchParams(search),
      search,
    };
  } catch (error) {
    throw new SkydiveError('SKY_E_BAD_REQUEST', `the address ${url} has a broken percent escape`, {
      cause: error,
    });
  }
}

/** Finds the route of a request, checks who asks, and runs the handler. */
export async function dispatch(
  context: Context,
  table: RouteTable,
  authenticator: Authenticator,
  limits: Limits,
  signal: AbortSignal,
  tls: boolean,
  logger: Logger,
): Promise<ApiAnswer> {
  const { req, res, method } = context;
  const url = req.url ?? '/';
  if (Buffer.byteLength(url) > limits.urlBytes) {
    return errorAnswer(414, `the address is longer than ${limits.urlBytes} bytes`);
  }
  if (method === 'OPTIONS') return preflightAnswer(req.headers);
  const { path, query, search } = targetOf(url);
  const match = table.match(method, path);
  const cors = corsHeaders(req.headers);
  const withCors = (answer: ApiAnswer): ApiAnswer => ({ ...answer, headers: { ...cors, ...answer.headers } });
  switch (match.kind) {
    case 'unknown':
      return withCors(notFoundAnswer);
    case 'wrongMethod':
      return withCors(emptyAnswer(405));
    case 'redirect':
      return withCors(redirectAnswer(301, encodeURI(match.path) + search, method));
    case 'route':
  }
  const { route, params } = match;
  const { access } = route;
  const from = req.socket.remoteAddress ?? '';
  let user = '';
  if (access !== 'public') {
    user = await authenticate(
      authenticator,
      credentialOf(req.headers, query),
      from,
      `${method} ${path}`,
      logger,
    );
    if (access !== 'user') {
      const { object, action } = access;
      const allowed = authenticator.allows(user, object, action);
      const line = auditLine({ user, from, what: `${action} ${object} (${method} ${path})`, allowed });
      if (!allowed) logger.warn(line);
      else if (action === 'write') logger.info(line);
      else logger.debug(line);
      if (!allowed) {
        const refusal = `'${user}' has no '${action}' permission on '${object}'`;
        return withCors(access.refusal === 'text' ? errorAnswer(405, refusal) : emptyAnswer(405));
      }
    }
  }
  const answer = await route.handler({
    method,
    path,
    params,
    query,
    headers: req.headers,
    user,
    from,
    signal,
    body: () =>
      readBody(req, res, {
        limit: route.bodyLimit ?? limits.bodyBytes,
        idleMs: limits.bodyIdleMs,
        totalMs: limits.requestTimeoutMs,
      }),
    stream: () => streamBody(req, res, limits.bodyIdleMs),
  });
  if (!tls || route.hsts !== true) return withCors(answer);
  const hsts = { 'Strict-Transport-Security': 'max-age=63072000; includeSubDomains' };
  return withCors({ ...answer, headers: { ...hsts, ...answer.headers } });
}

async function authenticate(
  authenticator: Authenticator,
  credential: string,
  from: string,
  what: string,
  logger: Logger,
): Promise<string> {
  try {
    return await authenticator.authenticate(credential, from);
  } catch (error) {
    logger.warn(auditLine({ user: undefined, from, what, allowed: false, why: messageOf(error) }));
    throw error;
  }
}

/** What an error says to the client; undefined when only the log may know. */
export function answerOfError(error: unknown): ApiAnswer | undefined {
  if (!(error instanceof SkydiveError) || error.code === 'SKY_E_INTERNAL') return undefined;
  return error.status === 401 ? unauthorizedAnswer(error.message) : errorAnswer(error.status, error.message);
}
