// SPDX-License-Identifier: Apache-2.0

import type { Backend } from './authenticator.js';

/** Backend `noauth`: whatever a client sends, it is `admin`. */
export const noauth: Backend = {
  authenticate: () => 'admin',
  login: () => ({ user: 'admin', token: '' }),
  logout() {},
};
