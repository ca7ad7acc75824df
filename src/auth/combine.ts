// SPDX-License-Identifier: Apache-2.0

import type { Authenticator, Backend, Policy } from './authenticator.js';

/** A backend that says who, and a policy that says what; without a policy everything is allowed. */
export function combine(backend: Backend, policy: Policy | undefined, defaultRole: string): Authenticator {
  return {
    authenticate: (credential, from = '') => backend.authenticate(credential, from),
    login: (username, password, from = '') => backend.login(username, password, from),
    logout: (credential) => backend.logout(credential),
    allows: (user, object, action) => policy?.allows(user, object, action, defaultRole) ?? true,
    permissions: (user) => policy?.permissions(user, defaultRole) ?? null,
  };
}
