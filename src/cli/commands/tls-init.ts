// SPDX-License-Identifier: Apache-2.0

import { type Command, InvalidArgumentError } from 'commander';
import { initAuthority } from '../../wire/authority/init.js';

interface Options {
  readonly agent: readonly string[];
  readonly analyzer: readonly string[];
  readonly days: number;
  readonly force?: true;
}

const hosts = (host: string, before: readonly string[]) => [...before, host];

export function define(command: Command): void {
  command
    .argument('[folder]', 'where the files go', '.')
    .option(
      '--analyzer <host>',
      'host of an analyzer; further names of it after commas; may be repeated',
      hosts,
      [],
    )
    .option(
      '--agent <host>',
      'host of an agent; further names of it after commas; may be repeated',
      hosts,
      [],
    )
    .option('--days <days>', 'how long the pairs are valid', days, 825)
    .option('--force', 'replace pairs that are there')
    .action((folder: string, options: Options) => {
      const { agent: agents, analyzer: analyzers, days, force = false } = options;
      const written = initAuthority({ folder, agents, analyzers, days, force });
      process.stdout.write(written.map((path) => `${path}\n`).join(''));
    });
}

function days(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('a number of days, 1 to 99999');
  return Number(text);
}
