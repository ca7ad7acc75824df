// SPDX-License-Identifier: Apache-2.0
// Installs Python's skydive-client, a real peer for the tests of test/servers, into an environment of its own below
// node_modules/.cache and prints the folder of its programs. The second run finds it there.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const wanted = 'skydive-client==0.10.0';
const folder = join(import.meta.dirname, '../node_modules/.cache/skydive-client-0.10.0');
const programs = join(folder, 'bin');

function run(command, ...args) {
  const done = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (done.status === 0) return;
  process.stderr.write(
    `python-client: ${command} ${args.join(' ')} failed: ${done.error?.message ?? `status ${done.status}`}\n`,
  );
  process.exit(1);
}

if (!existsSync(join(programs, 'skydive-ws-client'))) {
  run('python3', '-m', 'venv', folder);
  run(join(programs, 'pip'), 'install', '--quiet', '--disable-pip-version-check', wanted);
}
process.stdout.write(`${programs}\n`);
