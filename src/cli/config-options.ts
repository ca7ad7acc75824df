// SPDX-License-Identifier: Apache-2.0

import type { ConfigValue } from '../config/key.js';
import { type Loaded, loadConfig } from '../config/load.js';
import { secretTexts } from '../config/secret.js';
import { messageOf, SkydiveError } from '../errors.js';
import { type Log, openLog } from '../log/open.js';
import type { OpenDatagram } from '../log/syslog.js';
import { addon } from '../native/addon.js';
import { roomKeys } from './keys.js';

/** The root options, as given. */
export interface RootOptions {
  /** `-c`, `--conf`, in order. */
  readonly conf: readonly string[];
  /** `-b`, `--config-backend`; `file` unless given. */
  readonly configBackend?: string;
  readonly verbose?: boolean;
}

/** What a command adds to the configuration. */
export interface CommandSettings {
  /** `logging.id`: agent, analyzer, seed or nothing. */
  readonly id?: string;
  /** Options that were given, by configuration key. */
  readonly options?: Readonly<Record<string, ConfigValue>>;
  /** A client: a default file that this user may not read is a warning, not an error. */
  readonly client?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly openDatagram?: OpenDatagram;
}

export interface Setting extends Loaded {
  readonly log: Log;
}

/** `--verbose` beats the file, and reaches child processes through the environment. */
export function applyVerbose(root: RootOptions, env: NodeJS.ProcessEnv): void {
  if (root.verbose) env['SKYDIVE_LOGGING_LEVEL'] = 'debug';
}

/**
 * Configuration and log of a command, every command's first step. Warnings of loading are in the log.
 * Throws SKY_E_CONFIG whose message is ready for standard error; the exit status is then 1.
 */
export async function openSetting(root: RootOptions, settings: CommandSettings): Promise<Setting> {
  const loaded = await loadSetting(root, settings);
  const { config, schema, warnings } = loaded;
  try {
    const log = await openLog({
      config,
      secrets: secretTexts(schema, config, ['auth', 'storage', 'analyzer', 'agent']),
      openDatagram: settings.openDatagram ?? ((path) => new (addon().UnixDatagram)(path)),
    });
    for (const warning of warnings) log.warn(warning);
    return { ...loaded, log };
  } catch (error) {
    throw failure('Failed to initialize logging system', error);
  }
}

/** The configuration alone, for commands that log nothing. Throws as `openSetting` does. */
export async function loadSetting(root: RootOptions, settings: CommandSettings): Promise<Loaded> {
  const env = settings.env ?? process.env;
  applyVerbose(root, env);
  try {
    return await loadConfig({
      files: root.conf,
      backend: root.configBackend ?? 'file',
      env,
      options: settings.options ?? {},
      program: settings.id === undefined ? {} : { 'logging.id': settings.id },
      rooms: roomKeys,
      client: settings.client ?? false,
    });
  } catch (error) {
    throw failure('Failed to initialize config', error);
  }
}

function failure(what: string, error: unknown): SkydiveError {
  return new SkydiveError('SKY_E_CONFIG', `${what}: ${messageOf(error)}`, { cause: error });
}
