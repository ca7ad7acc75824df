// SPDX-License-Identifier: Apache-2.0

import { addon } from './addon.js';

/** As `bcrypt` of the addon, which is loaded when it is needed. */
export async function bcrypt(password: string, setting: string): Promise<string> {
  return addon().bcrypt(password, setting);
}
