// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { skydive } from '../e2e/cli-fixture.js';
import { host } from './appliance.js';

interface Listed {
  readonly analyzers: { readonly hosts: readonly string[] };
  readonly agents: { readonly hosts: readonly string[] };
  readonly _meta: { readonly hostvars: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}

for (const version of ['oldest', 'newest'] as const) {
  test(`the ${version} Ansible reads the inventory of skydive init as it is meant`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'skydive-init-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'inventory.yml');
    const { code, stderr } = await skydive([
      ...['init', '--role', 'inventory', '--analyzers', '10.0.0.4', '--agents', 'localhost,node-1.example'],
      ...[
        '--auth',
        'basic',
        '--username',
        'Ops',
        '--password',
        "0123 {{ x }} 'é",
        '--cluster-password',
        'yes',
      ],
      ...['--output', file],
    ]);
    assert.equal(code, 0, stderr);
    const read = spawnSync(join(host()[version], 'ansible-inventory'), ['-i', file, '--list'], {
      encoding: 'utf8',
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C.UTF-8' },
    });
    assert.equal(read.status, 0, read.stderr);
    const { analyzers, agents, _meta } = JSON.parse(read.stdout) as Listed;
    assert.deepEqual(analyzers.hosts, ['10.0.0.4']);
    assert.deepEqual([...agents.hosts].sort(), ['localhost', 'node-1.example']);
    const variables = _meta.hostvars['10.0.0.4']!;
    assert.equal(variables['skydive_auth_type'], 'basic');
    assert.equal(variables['skydive_cluster_password'], 'yes');
    assert.deepEqual(variables['skydive_password'], { __ansible_unsafe: "0123 {{ x }} 'é" });
    assert.equal(_meta.hostvars['localhost']!['ansible_connection'], 'local');
  });
}
