// SPDX-License-Identifier: Apache-2.0
// Heat's Orchestration API v1: outputs and environment of the plan's stack.

import { SkydiveError } from '../errors.js';
import { type Answer, exchange } from './exchange.js';
import type { Session } from './identity.js';
import { at, listAt, textAt } from './json.js';

export interface Stack {
  /** Value of an output, undefined when the stack has none of that name. */
  output(key: string): unknown;
  /** `parameter_defaults` of the stack's environment, undefined without any. */
  readonly parameterDefaults: unknown;
}

const maxRedirects = 5;

/**
 * GET below the endpoint; redirects (`/stacks/NAME` to `/stacks/NAME/ID`) are followed within it: a proxy may give
 * Heat another address than ours, and the token goes to the catalog's server only.
 */
async function get(session: Session, endpoint: string, path: string): Promise<Answer> {
  const base = new URL(endpoint);
  let url = new URL(endpoint + path);
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const answer = await exchange(session.transport, { url, token: session.token });
    const location = answer.headers.location;
    if (location === undefined || ![301, 302, 303, 305, 307, 308].includes(answer.status)) return answer;
    const target = new URL(location, url);
    if (!target.pathname.startsWith(`${base.pathname}/`)) {
      const what = `Heat at ${endpoint} redirects to ${target.href}, which is not below it`;
      throw new SkydiveError('SKY_E_INTERNAL', what);
    }
    url = new URL(`${base.origin}${target.pathname}${target.search}`);
  }
  throw new SkydiveError('SKY_E_INTERNAL', `Heat at ${endpoint} redirects ${path} in a circle`);
}

/** The stack, undefined when Heat has none of that name. */
export async function readStack(session: Session, plan: string): Promise<Stack | undefined> {
  const endpoint = session.endpoint('orchestration');
  if (endpoint === undefined) {
    const what =
      'public endpoint for orchestration service not found in the catalog of Keystone; is a project given?';
    throw new SkydiveError('SKY_E_NOT_FOUND', what);
  }
  const path = `/stacks/${encodeURIComponent(plan)}`;
  const failed = (answer: Answer, what: string) => {
    const reason =
      textAt(answer.json, 'error', 'message') ?? textAt(answer.json, 'title') ?? 'no reason given';
    const message = `Heat at ${endpoint} did not give the ${what} of stack ${plan}: ${reason} (HTTP ${answer.status})`;
    return new SkydiveError('SKY_E_INTERNAL', message);
  };
  const stack = await get(session, endpoint, path);
  if (stack.status === 404) return undefined;
  if (stack.status !== 200 || at(stack.json, 'stack') === undefined) throw failed(stack, 'outputs');
  const environment = await get(session, endpoint, `${path}/environment`);
  if (environment.status !== 200 && environment.status !== 404) throw failed(environment, 'environment');
  const outputs = listAt(stack.json, 'stack', 'outputs');
  return {
    output: (key) =>
      at(
        outputs.find((output) => textAt(output, 'output_key') === key),
        'output_value',
      ) ?? undefined,
    parameterDefaults: environment.status === 404 ? undefined : at(environment.json, 'parameter_defaults'),
  };
}
