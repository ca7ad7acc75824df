// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { host, repoRoot } from './appliance.js';

function run(folder: string, program: string, ...args: string[]) {
  const made = spawnSync(join(folder, program), args, {
    cwd: repoRoot,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}:${process.env['PATH']}`, NO_COLOR: '1', ANSIBLE_NOCOLOR: '1' },
  });
  return { status: made.status, output: made.stdout + made.stderr };
}

test('ansible-lint finds nothing, by its production profile', () => {
  const { status, output } = run(
    host().lint,
    'ansible-lint',
    '--offline',
    '--strict',
    'playbook.yml',
    'ansible',
  );
  assert.equal(status, 0, output);
  assert.match(
    output,
    /Profile 'production' was required, and it passed|'production' profile passed/,
    output,
  );
});

for (const version of ['oldest', 'newest'] as const) {
  for (const playbook of ['playbook.yml', 'playbook.yml.sample']) {
    test(`the ${version} Ansible reads ${playbook} with every sample inventory`, () => {
      for (const inventory of [
        '',
        '/hosts.localhost.openstack',
        '/hosts.multiple',
        '/hosts.multiple.container',
      ]) {
        const args = ['-i', `inventory${inventory}`, '--syntax-check', playbook];
        const { status, output } = run(host()[version], 'ansible-playbook', ...args);
        assert.equal(status, 0, output);
        assert.doesNotMatch(output, /WARNING/);
      }
    });
  }

  test(`-i inventory is this host alone on the ${version} Ansible`, () => {
    const { output } = run(host()[version], 'ansible-inventory', '-i', 'inventory', '--list');
    const { agents, analyzers } = JSON.parse(output);
    assert.deepEqual([agents.hosts, analyzers.hosts], [['localhost'], ['localhost']]);
  });
}
