// SPDX-License-Identifier: Apache-2.0

import type { Config, ConfigValue } from '../../config/key.js';
import { jsonAnswer } from '../answer.js';
import type { Handler } from '../exchange.js';

function isMap(value: ConfigValue): value is { readonly [key: string]: ConfigValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value with every map key in lower case. */
function normalised(value: ConfigValue): ConfigValue {
  if (Array.isArray(value)) return value.map(normalised);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.toLowerCase(), normalised(member)]),
  );
}

/** `GET /api/config/{key}`: the effective value; `""` for a key that is unset or null; secrets are masked. */
export function configHandler(config: Config): Handler {
  return ({ params }) => jsonAnswer(normalised(config.shown(params['key'] ?? '') ?? ''));
}
