// SPDX-License-Identifier: Apache-2.0

import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { entriesOf } from '../command.js';

const file = 'skydive-bash-completion.sh';

/** The words that may follow each sequence of command words. */
async function wordsByPath(command: Command, path: string, table: Map<string, string[]>): Promise<void> {
  const options = command.options.filter((option) => !option.hidden).map(({ long, short }) => long ?? short);
  const names = command.commands.map((child) => child.name());
  table.set(path, [...names, ...options.filter((name) => name !== undefined)]);
  for (const child of command.commands) {
    const entry = entriesOf(command).find(({ name }) => name === child.name());
    (await entry?.load())?.define(child);
    await wordsByPath(child, `${path} ${child.name()}`, table);
  }
}

function script(table: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...table].map(([path, words]) => `    '${path}') words='${words.join(' ')}' ;;`);
  return [
    '# bash completion of skydive; source it or put it into /etc/bash_completion.d',
    '_skydive() {',
    '  local path=skydive word words',
    '  local current="${COMP_WORDS[COMP_CWORD]}"',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    [[ "$word" == -* ]] || path="$path $word"',
    '  done',
    '  while :; do',
    '    case "$path" in',
    ...cases,
    '    esac',
    '    [[ -n "$words" || "$path" != *" "* ]] && break',
    '    path="${path% *}"',
    '  done',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _skydive skydive',
    '',
  ].join('\n');
}

export function define(command: Command): void {
  command.action(async () => {
    const { createProgram } = await import('../program.js');
    const table = new Map<string, string[]>();
    await wordsByPath(await createProgram('skydive'), 'skydive', table);
    await writeFile(file, script(table));
    process.stdout.write(`${file} has been generated\n`);
  });
}
