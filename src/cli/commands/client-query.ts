// SPDX-License-Identifier: Apache-2.0

import { type Command, Option } from 'commander';
import { connectionOf } from '../client/connection.js';
import { printQuery } from '../client/query.js';
import { addFormatOption, formatOf } from '../output/format.js';

export function define(command: Command): void {
  addFormatOption(command);
  command
    .argument('<gremlin>', "query, like \"G.V().Has('Type', 'host')\"")
    .addOption(new Option('--delete').hideHelp())
    .action(async (gremlin: string) => {
      const format = formatOf(command);
      await printQuery(await connectionOf(command), gremlin, format);
    });
}
