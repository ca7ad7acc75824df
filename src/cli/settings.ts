// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import type { ConfigValue } from '../config/key.js';
import type { Log } from '../log/open.js';
import type { CommandSettings, RootOptions, Setting } from './config-options.js';

let opened: Log | undefined;

/** The log of the running command, once its configuration was good. */
export function currentLog(): Log | undefined {
  return opened;
}

/** Options that were given, by configuration key: those that were not are left out. */
export function given(
  options: Readonly<Record<string, ConfigValue | undefined>>,
): Readonly<Record<string, ConfigValue>> {
  return Object.fromEntries(
    Object.entries(options).filter((entry): entry is [string, ConfigValue] => entry[1] !== undefined),
  );
}

/** Configuration and log of a command. Throws SKY_E_CONFIG. */
export async function openCommand(command: Command, settings: CommandSettings = {}): Promise<Setting> {
  // Only commands that need it load the schema of every room.
  const { openSetting } = await import('./config-options.js');
  const setting = await openSetting(command.optsWithGlobals<RootOptions>(), settings);
  opened = setting.log;
  return setting;
}
