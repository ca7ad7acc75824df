// SPDX-License-Identifier: Apache-2.0

import type { ApiRequest } from '../exchange.js';
import { parseJson } from '../json-body.js';

/** The decoded body of a creation: YAML if the type says exactly so, else JSON whatever the type. */
export async function createBody(request: ApiRequest): Promise<unknown> {
  const text = (await request.body()).toString('utf8');
  if (request.headers['content-type'] === 'application/yaml') {
    const { parseYaml } = await import('./yaml-body.js');
    return parseYaml(text);
  }
  return parseJson(text, text.trim() === '' ? 'EOF' : 'unexpected EOF');
}
