// SPDX-License-Identifier: Apache-2.0
// Writes the tables of variables in ansible/README.md from the roles' argument specifications.
// test/appliance/argument-specs.test.ts fails when they differ from what this would write.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const roles = {
  skydive_common: 'Of every host',
  skydive_analyzer: 'Of analyzers',
  skydive_agent: 'Of agents',
};

/** Options of a role: name → specification. */
export function optionsOf(role) {
  const text = readFileSync(join(root, `ansible/roles/${role}/meta/argument_specs.yml`), 'utf8');
  return parse(text).argument_specs.main.options;
}

export function tables() {
  const lines = [];
  for (const [role, title] of Object.entries(roles)) {
    lines.push(`### ${title}`, '', '| Variable | Default | Effect |', '|---|---|---|');
    for (const [name, { description, default: value, choices }] of Object.entries(optionsOf(role))) {
      const among = choices === undefined ? '' : ` (${choices.map((choice) => `\`${choice}\``).join(', ')})`;
      lines.push(
        `| \`${name}\` | ${value === undefined ? '–' : `\`${value}\``} | ${description.trim()}${among} |`,
      );
    }
    lines.push('');
  }
  return lines.join('\n');
}

const mark = /(<!-- variables -->\n).*(<!-- end of variables -->)/s;

export function withTables(text) {
  return text.replace(mark, (_, open, close) => `${open}\n${tables()}\n${close}`);
}

if (process.argv[1] === import.meta.filename) {
  const path = join(root, 'ansible/README.md');
  writeFileSync(path, withTables(readFileSync(path, 'utf8')));
}
