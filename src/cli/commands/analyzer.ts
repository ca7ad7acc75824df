// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { messageOf } from '../../errors.js';
import { CommandFailure } from '../failure.js';
import { given, openCommand } from '../settings.js';

export function define(command: Command): void {
  command.option('--listen <address>', 'address and port of the API (default 127.0.0.1:8082)');
  command.action(async (options: { listen?: string }) => {
    const { config, log } = await openCommand(command, {
      id: 'analyzer',
      options: given({ 'analyzer.listen': options.listen }),
    });
    const { runAnalyzer } = await import('../../analyzer/run.js');
    try {
      await runAnalyzer(config, log);
    } catch (error) {
      throw new CommandFailure(`Failed to start analyzer: ${messageOf(error)}`, { cause: error });
    }
    await log.close();
  });
}
