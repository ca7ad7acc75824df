// SPDX-License-Identifier: Apache-2.0

export { keepUser } from '../auth/password/keep-user.js';
