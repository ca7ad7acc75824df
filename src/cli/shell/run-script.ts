// SPDX-License-Identifier: Apache-2.0

import { readFile } from 'node:fs/promises';
import { messageOf } from '../../errors.js';
import { CommandFailure } from '../failure.js';
import { statementsOf } from './script.js';
import type { Shell } from './shell.js';

/** Runs the statements of a file up to the first that fails. Throws with the file, the line and the reason. */
export async function runScript(shell: Pick<Shell, 'execute'>, file: string): Promise<void> {
  for (const { text, line } of statementsOf(await readFile(file, 'utf8'))) {
    try {
      await shell.execute(text);
    } catch (error) {
      throw new CommandFailure(`${file}:${line}: ${messageOf(error)}`, { cause: error });
    }
  }
}
