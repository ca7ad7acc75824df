// SPDX-License-Identifier: Apache-2.0

import type { ConfigKey } from './key.js';

const ending = '_file';

/** For a secret key the one that names a file with its value: `agent.auth.cluster.password_file`. */
export function secretFileKey({ key, type }: ConfigKey): ConfigKey {
  return {
    key: `${key}${ending}`,
    type: 'string',
    doc: `File that holds ${key}${type === 'map' ? ', as YAML with a name and its value a line' : ''}.`,
    holdsSecret: true,
  };
}

/** The secret that a key of `secretFileKey` is for. */
export function secretOf(fileKey: string): string {
  return fileKey.slice(0, -ending.length);
}
