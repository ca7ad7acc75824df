// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';
import { messageOf } from '../../errors.js';
import { connectionOf } from '../client/connection.js';
import { formatOf, plainFormats } from '../output/format.js';
import { currentLog } from '../settings.js';

interface ShellOptions {
  readonly history?: string;
  readonly script?: string;
  readonly format?: string;
}

export function define(command: Command): void {
  command
    .option('--history <file>', 'where lines are kept (default: ~/.<executable>_history)')
    .option('--script <file>', 'run this file first')
    .option('-o, --format <format>', 'json, table or yaml (default: table on a terminal, else json)')
    .action(async ({ history, script, format }: ShellOptions) => {
      const { stdin: input, stdout: output, stderr: errors } = process;
      const chosen =
        format === undefined ? (output.isTTY ? 'table' : 'json') : formatOf(command, plainFormats);
      const connection = await connectionOf(command);
      const { Shell } = await import('../shell/shell.js');
      const { defaultHistoryFile, loadHistory, saveHistory } = await import('../shell/history-file.js');
      const terminal = input.isTTY === true && output.isTTY === true;
      const file = history ?? defaultHistoryFile(process.argv[1], process.env);
      const keeps = terminal && file !== '';
      const report = (what: string, error: unknown) => currentLog()?.error(`${what}: ${messageOf(error)}`);
      const lines = keeps
        ? await loadHistory(file).catch((error: unknown) => {
            report('cannot read the history', error);
            return [];
          })
        : [];
      const save = (newestFirst: readonly string[]) => {
        try {
          if (keeps) saveHistory(file, newestFirst);
        } catch (error) {
          report('cannot save the history', error);
        }
      };
      const shell = new Shell({
        connection,
        input,
        output,
        errors,
        terminal,
        format: chosen,
        history: lines,
        // At once: a terminal that is lost may take the process with it.
        onHistory: save,
      });
      const leave = () => shell.close();
      // To the end of the process: the kernel tells of a lost terminal twice, and unheard it would kill.
      process.on('SIGTERM', leave).on('SIGHUP', leave);
      // A terminal or reader that is gone is no reason to lose the history.
      for (const stream of [input, output, errors]) stream.removeAllListeners('error').on('error', leave);
      if (script !== undefined && script !== '') {
        const { runScript } = await import('../shell/run-script.js');
        await runScript(shell, script).catch((error: unknown) => report('the script failed', error));
      }
      await shell.run();
      save(shell.history);
      await currentLog()?.close();
    });
}
