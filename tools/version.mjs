// SPDX-License-Identifier: Apache-2.0
// The version of this tree, as the original composes it: the tag without letters; beyond a tag
// `<tag>-<12 hex of the commit>`; `-tainted` for a modified tree. Where git refuses to answer: package.json's.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

function git(root, ...args) {
  const asked = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : undefined;
}

export function version(root) {
  const base = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  const commit = git(root, 'rev-parse', '--short=12', 'HEAD');
  const status = git(root, 'status', '--porcelain');
  if (commit === undefined || status === undefined) return base;
  const tag = git(root, 'describe', '--tags', '--exact-match')?.replace(/[A-Za-z]/g, '');
  const described = tag ?? `${base}-${commit}`;
  return status === '' ? described : `${described}-tainted`;
}
