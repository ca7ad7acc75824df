// SPDX-License-Identifier: Apache-2.0

import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { keepUser } from '../../auth/password/keep-user.js';
import { askPassword } from '../client/password.js';

export function define(command: Command): void {
  command
    .argument('<file>', 'htpasswd file, made when it is not there')
    .argument('<user>', 'who may log in; the password is read from standard input')
    .action(async (file: string, user: string) => {
      const password =
        process.stdin.isTTY === true
          ? await askPassword(user)
          : (await text(process.stdin)).replace(/\r?\n$/, '');
      process.stdout.write(`${await keepUser(file, user, password)}\n`);
    });
}
