// SPDX-License-Identifier: Apache-2.0

import type { Command } from 'commander';

/** What a file under `commands/` exports: arguments, options and action of one command. */
export interface CommandModule {
  define(command: Command): void;
}

/** A command in the list of its parent. Its file is imported only when it is the one to run (or to explain). */
export interface CommandEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

const entriesByParent = new WeakMap<Command, readonly CommandEntry[]>();

/** The commands that were added to this one. */
export function entriesOf(parent: Command): readonly CommandEntry[] {
  return entriesByParent.get(parent) ?? [];
}

/** Adds the commands to their parent. */
export function addCommands(parent: Command, entries: readonly CommandEntry[]): void {
  entriesByParent.set(parent, entries);
  for (const { name, aliases, summary } of entries) {
    parent
      .command(name)
      .summary(summary)
      .description(summary)
      .aliases([...(aliases ?? [])])
      .showHelpAfterError();
  }
  parent.hook('preSubcommand', async (_parent, chosen) => {
    const entry = entries.find(({ name }) => name === chosen.name());
    if (entry !== undefined) (await entry.load()).define(chosen);
  });
}
