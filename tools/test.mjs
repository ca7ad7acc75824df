// SPDX-License-Identifier: Apache-2.0
// `npm test`: unit, golden and namespace tests. `--all` adds the tests that need real servers (test/servers).
// Other arguments are parts of file names: only test files that contain one of them run.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const all = process.argv.includes('--all');
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));

const built = spawnSync(process.execPath, [join(root, 'tools/build.mjs'), '--tests'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);

const files = readdirSync(join(root, 'out'), { recursive: true })
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => all || !name.startsWith('test/servers'))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  .map((name) => join(root, 'out', name))
  .sort();
if (files.length === 0) {
  process.stderr.write('no test file matches\n');
  process.exit(1);
}
const reporter = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
const run = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...reporter, ...files], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
