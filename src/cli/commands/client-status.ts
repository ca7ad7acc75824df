// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { connectionOf } from '../client/connection.js';
import { send, textOf } from '../client/request.js';
import { CommandFailure } from '../failure.js';
import { addFormatOption, formatOf, plainFormats } from '../output/format.js';
import { printBody } from '../output/print.js';

export function define(command: Command): void {
  addFormatOption(command, plainFormats);
  command.action(async () => {
    const format = formatOf(command, plainFormats);
    const answer = await send(await connectionOf(command), { method: 'GET', path: 'status' });
    if (answer.status !== 200) {
      const text = (await textOf(answer.body)).trimEnd();
      throw new CommandFailure(`Failed to get status, ${answer.statusLine}: ${text}`);
    }
    await printBody(answer.body, format, '  ');
  });
}
