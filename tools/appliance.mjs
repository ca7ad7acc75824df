// SPDX-License-Identifier: Apache-2.0
// `npm run test:appliance`: the Ansible roles on booted Debian machines (test/appliance/*.scenario.ts). Without options
// one scenario of each kind, what CI runs; `--full` runs all. Other arguments are parts of scenario names.
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
  say,
} from './host.mjs';

const full = process.argv.includes('--full');
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (!isRoot) fail('machines are booted and network namespaces made: run it as root');

needDebianPackages([...buildPackages, 'iproute2', 'procps', 'python3-venv'], 'to deploy to booted machines');
needNpmPackages();
build({ tests: true });
const release = join(root, 'tools/release.mjs');
if (existsSync(release)) {
  const made = spawnSync(process.execPath, [release], { cwd: root, stdio: 'inherit' });
  if (made.status !== 0) fail('the executable could not be built');
} else say('there is no executable: the machines run the build of this clone');

const folder = join(root, 'out/test/appliance');
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.scenario.js'))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  .map((name) => join(folder, name));
if (files.length === 0) fail('no scenario matches');
// Each has machines and networks of its own, and mostly waits for them.
const run = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files],
  { cwd: root, stdio: 'inherit', env: { ...process.env, SKYDIVE_APPLIANCE_FULL: full ? '1' : '' } },
);
process.exit(run.status ?? 1);
