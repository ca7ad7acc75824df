// SPDX-License-Identifier: Apache-2.0
// `npm test`: unit, golden and namespace tests. `--all` adds the tests that need real servers (test/servers).
// Other arguments are parts of file names: only test files that contain one of them run.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  build,
  buildPackages,
  fail,
  isRoot,
  needDebianPackages,
  needNpmPackages,
  root,
  runAsCaller,
  say,
  serverTestPackages,
  testPackages,
} from './host.mjs';

const all = process.argv.includes('--all');
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));

needDebianPackages(
  [...buildPackages, ...testPackages, ...(all ? serverTestPackages : [])],
  'to compile the native part and to test it',
);
needNpmPackages();
build({ tests: true });
const nativeTests = join(root, 'tools/native-test.mjs');
if (existsSync(nativeTests)) runAsCaller(process.execPath, [nativeTests, '--build-only']);
if (!isRoot) say('running without root: tests that need network namespaces are skipped');

const files = readdirSync(join(root, 'out'), { recursive: true })
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => all || !name.startsWith('test/servers'))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  .map((name) => join(root, 'out', name))
  .sort();
if (files.length === 0) fail('no test file matches');

const args = ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files];
const run = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exit(run.status ?? 1);
