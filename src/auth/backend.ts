// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../config/key.js';
import { SkydiveError } from '../errors.js';
import type { Logger } from '../log/logger.js';
import type { Authenticator, Backend, Policy } from './authenticator.js';
import { combine } from './combine.js';
import { noauth } from './noauth.js';
import { BasicBackend } from './password/basic.js';
import { HtpasswdFile } from './password/htpasswd.js';
import type { Bcrypt } from './password/verify.js';

/** The backend that a `….auth.….backend` key names. Throws SKY_E_CONFIG when it cannot be had. */
async function backendOf({ config, key, logger, bcrypt }: AuthenticatorParts): Promise<Backend> {
  const name = config.getString(key);
  const section = (member: string) => `auth.${name}.${member}`;
  switch (config.getString(section('type')) || (name === 'noauth' ? name : '')) {
    case 'noauth':
      return noauth;
    case 'basic':
      return basic(config, section, logger, bcrypt);
    case 'keystone': {
      const urls = addresses(config, section('auth_url'));
      if (urls.length === 0) throw refused(`${section('auth_url')}: Authentication URL empty`);
      const { KeystoneBackend } = await import('./keystone/backend.js');
      const [tenant, domain] = [
        config.getString(section('tenant_name')),
        config.getString(section('domain_name')),
      ];
      return new KeystoneBackend({ urls, tenant, domain });
    }
    default:
      throw refused(`${key}: Authentication type unknown or backend not defined for: ${name}`);
  }
}

function basic(config: Config, section: (member: string) => string, logger: Logger, bcrypt: Bcrypt): Backend {
  const path = config.getString(section('file'));
  if (path !== '') {
    const file = new HtpasswdFile(path, section('file'), logger);
    return new BasicBackend({ hashOf: (user) => file.hashOf(user), decoy: () => file.decoy, bcrypt });
  }
  const users = new Map(
    Object.entries(config.getMap(section('users'))).map(([user, word]) => [user, String(word)]),
  );
  if (users.size === 0) {
    throw refused(
      `No htpassword provider set, you set either file or inline sections (${section('file')} or ${section('users')})`,
    );
  }
  // The loader puts names of maps in lower case.
  return new BasicBackend({ clearOf: (user) => users.get(user) ?? users.get(user.toLowerCase()) });
}

/** One address, several separated by commas, or a list. */
function addresses(config: Config, key: string): string[] {
  const value = config.get(key);
  const texts = Array.isArray(value) ? value.map(String) : String(value ?? '').split(',');
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}

export interface AuthenticatorParts {
  readonly config: Config;
  /** `analyzer.auth.api.backend` and the like. */
  readonly key: string;
  /** Absent where none is kept (on an agent): then everything is allowed. */
  readonly policy?: Policy;
  readonly logger: Logger;
  readonly bcrypt: Bcrypt;
}

/** Users of the cluster endpoints are agents and analyzers: whatever `role` says, they are admins (as in the original). */
const clusterKey = 'analyzer.auth.cluster.backend';

/** Backend and policy behind a key, together. Throws SKY_E_CONFIG, so that nobody is served without what was asked for. */
export async function authenticatorOf(parts: AuthenticatorParts): Promise<Authenticator> {
  const { config, key, policy } = parts;
  const backend = await backendOf(parts);
  return combine(backend, policy, defaultRoleOf(config, key));
}

/** The role of users that have none, on the backend behind a key. */
export function defaultRoleOf(config: Config, key: string): string {
  if (key === clusterKey) return 'admin';
  return config.getString(`auth.${config.getString(key)}.role`) || 'admin';
}

/** True when the key's backend lets everybody in. */
export function letsEverybodyIn(config: Config, key: string): boolean {
  const name = config.getString(key);
  return (config.getString(`auth.${name}.type`) || name) === 'noauth';
}

function refused(why: string): SkydiveError {
  return new SkydiveError('SKY_E_CONFIG', why);
}
