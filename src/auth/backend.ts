// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';
import { SkydiveError } from '../errors.js';
import type { Authenticator } from './authenticator.js';
import { noauth } from './noauth.js';

/**
 * The authenticator that a `….auth.….backend` key names. Throws SKY_E_CONFIG for a backend that is not built, so that
 * nobody who asked for authentication is served without.
 */
export function authenticatorOf(config: Config, key: string, service: 'analyzer' | 'agent'): Authenticator {
  const name = config.getString(key);
  const type = config.getString(`auth.${name}.type`) || name;
  if (type === 'noauth') return noauth(service);
  throw new SkydiveError(
    'SKY_E_CONFIG',
    `${key} (${name}): authentication of type ${type} is not available in this version; only noauth is`,
  );
}
