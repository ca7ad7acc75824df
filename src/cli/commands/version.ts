// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { version } from '../../version.js';
import { executableName } from '../executable.js';
import { openCommand } from '../settings.js';

/** One line that packaging checks look for; the module path is the original's. */
export function define(command: Command): void {
  command.action(async () => {
    // An unusable configuration that was asked for is an error for every command.
    if (command.optsWithGlobals<{ conf: readonly string[] }>().conf.length > 0) {
      await openCommand(command, { client: true });
    }
    process.stdout.write(
      `${executableName(process.argv[1])} github.com/skydive-project/skydive ${version}\n`,
    );
  });
}
