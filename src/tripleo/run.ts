// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../errors.js';
import { type CommandLine, readArguments, UsageError } from './arguments.js';
import { generate } from './generate.js';
import { type Environment, programName } from './options.js';
import { readSettings, type Settings } from './settings.js';
import { help, usage } from './usage.js';

/** Where the program's texts go. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** The whole program; gives its exit code. */
export async function run(
  words: readonly string[],
  environment: Environment,
  output: Output,
): Promise<number> {
  let line: CommandLine;
  try {
    line = readArguments(words);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.err(`${usage()}${programName}: error: ${error.message}\n`);
    return 2;
  }
  if (line.help) {
    output.out(help());
    return 0;
  }
  let settings: Settings;
  try {
    settings = readSettings(line.given, environment);
  } catch (error) {
    if (!(error instanceof SkydiveError)) throw error;
    output.err(`ERROR: ${error.message}\n`);
    return 1;
  }
  try {
    const authUrl = settings.get('auth-url');
    if (!authUrl) {
      output.err(
        'ERROR: auth-url not defined and OS_AUTH_URL environment variable missing, unable to proceed.\n',
      );
      return 1;
    }
    await generate(authUrl, settings, (text) => output.err(`WARNING: ${text}\n`));
    return 0;
  } catch (error) {
    output.err(`Error creating skydive inventory: ${messageOf(error)}\n`);
    return 1;
  }
}
