// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { messageOf } from '../../errors.js';
import { loadSetting, type RootOptions } from '../config-options.js';
import { CommandFailure } from '../failure.js';
import { openCommand } from '../settings.js';

export function define(command: Command): void {
  command.option(
    '--analyzer-uid <uid>',
    'user to run the analyzer as (default: the owner of the program)',
    userId,
  );
  command.action(async (options: { analyzerUid?: number }) => {
    const root = command.optsWithGlobals<RootOptions>();
    const { analyzerAddress, logFileOf, runAllinone } = await import('../../agent/allinone.js');
    const loaded = await loadSetting(root, { id: 'agent' });
    const { config, log } = await openCommand(command, {
      id: 'agent',
      options: {
        analyzers: [analyzerAddress(loaded.config)],
        'logging.file.path': logFileOf(loaded.config, 'agent'),
      },
    });
    const rootArguments = [
      ...root.conf.flatMap((location) => ['-c', location]),
      ...(root.configBackend === undefined ? [] : ['-b', root.configBackend]),
    ];
    const { analyzerUid } = options;
    try {
      await runAllinone({
        config,
        logger: log,
        rootArguments,
        ...(analyzerUid !== undefined && { analyzerUid }),
      });
    } catch (error) {
      throw new CommandFailure(`Failed to start: ${messageOf(error)}`, { cause: error });
    }
    await log.close();
  });
}

function userId(text: string): number {
  const uid = Number(text);
  if (!Number.isInteger(uid) || uid < 0) throw new CommandFailure(`--analyzer-uid: ${text} is not a user id`);
  return uid;
}
