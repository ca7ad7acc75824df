// SPDX-License-Identifier: Apache-2.0

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { connectionOf } from '../client/connection.js';
import { formatOf, plainFormats } from '../output/format.js';
import { runShell } from '../shell/shell.js';

export function define(command: Command): void {
  command
    .description(
      'Ask Gremlin queries one after another: Tab completes steps, keys and values, an open parenthesis goes on on the next line',
    )
    .option('-o, --format <format>', `output format: ${plainFormats.join(', ')}`, 'table')
    .option('--history <file>', 'where lines are kept', join(homedir(), `.${rootOf(command).name()}_history`))
    .action(async ({ history }: { history: string }) => {
      const format = formatOf(command, plainFormats);
      await runShell({ connection: await connectionOf(command), format, historyFile: history });
    });
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
