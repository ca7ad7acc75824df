// SPDX-License-Identifier: Apache-2.0

import { type Command, Option } from 'commander';
import { CommandFailure } from '../failure.js';

/** Forms of a result. dot and pcap are made by the analyzer, the others here. */
export type Format = 'json' | 'dot' | 'pcap' | 'table' | 'yaml';

const every: readonly Format[] = ['json', 'dot', 'pcap', 'table', 'yaml'];

export function addFormatOption(command: Command, among: readonly Format[] = every): void {
  command.addOption(
    new Option('-o, --format <format>', `output format: ${among.join(', ')}`).default('json'),
  );
}

/** Throws when the command does not know the format. */
export function formatOf(command: Command, among: readonly Format[] = every): Format {
  const { format } = command.opts<{ format: string }>();
  const known = among.find((name) => name === format);
  if (known === undefined) throw new CommandFailure(`Invalid output format ${format}`);
  return known;
}

/** Formats of what is not a query's result. */
export const plainFormats: readonly Format[] = ['json', 'table', 'yaml'];
