// SPDX-License-Identifier: Apache-2.0

import type { IncomingHttpHeaders } from 'node:http';
import { emptyAnswer } from '../answer.js';
import type { ApiAnswer } from '../exchange.js';

/** Methods that a pre-flight may ask for; PATCH is not among them, as in the original. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
/** Methods that need no mention in the answer (Fetch standard: CORS-safelisted methods). */
const safelistedMethods = new Set(['GET', 'HEAD', 'POST']);
const safelistedHeaders = new Set(['accept', 'accept-language', 'content-language', 'origin']);
const allowedHeaders = new Map(
  ['X-Requested-With', 'Content-Type', 'Authorization', 'X-Auth-Token'].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** Headers that every answer to a cross-origin request carries. */
export function corsHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return headers.origin ? { 'Access-Control-Allow-Origin': '*' } : {};
}

/** The answer to any OPTIONS request: the routes never see one. */
export function preflightAnswer(headers: IncomingHttpHeaders): ApiAnswer {
  if (!headers.origin) return emptyAnswer(200);
  const method = headers['access-control-request-method'];
  if (method === undefined) return emptyAnswer(400);
  if (!methods.has(method)) return emptyAnswer(405);
  const accepted: string[] = [];
  for (const asked of (headers['access-control-request-headers'] ?? '').split(',')) {
    const name = asked.trim().toLowerCase();
    if (name === '' || safelistedHeaders.has(name)) continue;
    const spelled = allowedHeaders.get(name);
    if (spelled === undefined) return emptyAnswer(403);
    accepted.push(spelled);
  }
  return {
    status: 200,
    headers: {
      ...corsHeaders(headers),
      ...(accepted.length > 0 ? { 'Access-Control-Allow-Headers': accepted.join(',') } : {}),
      ...(safelistedMethods.has(method) ? {} : { 'Access-Control-Allow-Methods': method }),
    },
  };
}
