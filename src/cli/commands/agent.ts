// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { messageOf } from '../../errors.js';
import { CommandFailure } from '../failure.js';
import { given, openCommand } from '../settings.js';

export function define(command: Command): void {
  command.option('--host-id <id>', 'name of this host (default: the host name)');
  command.option('--listen <address>', 'address and port of the API (default 127.0.0.1:8081)');
  command.action(async (options: { hostId?: string; listen?: string }) => {
    const { config, log } = await openCommand(command, {
      id: 'agent',
      options: given({ host_id: options.hostId, 'agent.listen': options.listen }),
    });
    const { runAgent } = await import('../../agent/run.js');
    try {
      await runAgent(config, log);
    } catch (error) {
      throw new CommandFailure(`Can't start Skydive agent: ${messageOf(error)}`, { cause: error });
    }
    await log.close();
  });
}
