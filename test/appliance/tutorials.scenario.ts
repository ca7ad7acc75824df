// SPDX-License-Identifier: Apache-2.0
// The commands of the tutorials, block by block, as they are written.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Appliance, full, host, repoRoot } from './appliance.js';
import { PlaybookRun } from './playbook.js';
import { unitIs } from './seen.js';

const blockTimeoutS = 600;

function blocksOf(tutorial: string): string[] {
  const text = readFileSync(join(repoRoot, 'docs/tutorials', tutorial), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '');
}

function newAppliance(t: TestContext, name: string): Appliance {
  const appliance = new Appliance(name);
  t.after(() => appliance.remove());
  return appliance;
}

/** What a shell on the controller says; rejects when it fails. */
function onController(appliance: Appliance, script: string): Promise<string> {
  const shell = ['timeout', String(blockTimeoutS), 'bash', '-euc', script];
  const child = spawn('nsenter', [`--net=/run/netns/${appliance.lan.controller}`, ...shell], {
    cwd: appliance.site,
    env: {
      PATH: `${host().newest}:${process.env['PATH']}`,
      HOME: appliance.folder,
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      ANSIBLE_PRIVATE_KEY_FILE: join(host().cache, 'key'),
      ANSIBLE_SSH_ARGS:
        '-o ControlMaster=auto -o ControlPersist=20s -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR',
      ANSIBLE_SSH_CONTROL_PATH_DIR: join(appliance.folder, 'cp'),
      ANSIBLE_REMOTE_USER: 'root',
      // Of a connection; the host of the tests may be busy.
      ANSIBLE_TIMEOUT: '120',
      ANSIBLE_NOCOLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += data;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`exit ${code}:\n${script}\n${said.slice(-4000)}`));
    });
  });
}

test('single-node.md: the commands do what it says', async (t) => {
  const appliance = newAppliance(t, 'one');
  const machine = await appliance.machine('one');
  const said: string[] = [];
  for (const block of blocksOf('single-node.md')) {
    const script = `export PATH=${host().newest}:$PATH\ncd /srv/skydive\n${block}`;
    machine.ask(`cat > /root/block.sh <<'END_OF_BLOCK'\n${script}\nEND_OF_BLOCK`);
    said.push(machine.ask(`timeout ${blockTimeoutS} bash -eu /root/block.sh`));
    if (block.includes('systemctl is-active')) {
      for (const service of ['skydive-agent', 'skydive-analyzer']) {
        unitIs(machine, service, { ActiveState: 'active', UnitFileState: 'enabled' });
      }
    }
  }
  const [version, wizard, , names, past, capture, flow, , services] = said;
  assert.match(version!, /^skydive github\.com\/skydive-project\/skydive \S+$/m);
  assert.match(wizard!, /^\/etc\/skydive\/skydive\.yml is written/m);
  assert.deepEqual((JSON.parse(names!) as string[]).sort(), ['eth0', 'eth1', 'lo']);
  assert.match(past!, /"tutorial0"\n\]$/);
  assert.match(capture!, /"eth0"$/m);
  assert.match(flow!, /"TCP"$/m);
  assert.match(services!, /\nactive\nactive$/);
  assert.equal(machine.run('test -e /usr/bin/skydive || test -e /etc/skydive').status, 1, 'all is removed');
});

// Of what it shows `multiple` shows most in CI.
const testTutorial = full ? test : () => {};
testTutorial('multiple-nodes.md: the commands do what it says', async (t) => {
  const appliance = newAppliance(t, 'many');
  const analyzer = await appliance.machine('an1');
  const node = await appliance.machine('node1');
  const addressed = (text: string) =>
    text.replaceAll('10.0.0.4', analyzer.address).replaceAll('10.0.0.9', node.address);
  const said: string[] = [];
  for (const block of blocksOf('multiple-nodes.md').map(addressed)) {
    said.push(await onController(appliance, block));
    if (block.startsWith('ansible-playbook') && !block.includes('absent')) {
      unitIs(analyzer, 'skydive-analyzer', { ActiveState: 'active' });
      for (const machine of [analyzer, node]) unitIs(machine, 'skydive-agent', { ActiveState: 'active' });
      const again = new PlaybookRun(0, await onController(appliance, block));
      assert.deepEqual(again.changes, []);
      assert.deepEqual(again.warnings, []);
    }
  }
  const [pairs, inventory, , seen, networks] = said;
  assert.match(pairs!, /agent-operator\.crt/);
  assert.match(inventory!, /inventory\.yml is written, readable by its owner only/);
  for (const name of ['an1', 'node1'])
    assert.match(seen!, new RegExp(`"${name}": \\{\\s+"ServiceType": "agent"`));
  assert.match(seen!, /\[\s+"an1",\s+"node1"\s+\]|\[\s+"node1",\s+"an1"\s+\]/);
  assert.match(networks!, new RegExp(`"A": "${node.address}"|"B": "${node.address}"`));
  for (const machine of [analyzer, node]) {
    assert.equal(machine.run('test -e /usr/bin/skydive || test -e /etc/skydive').status, 1, 'all is removed');
  }
});
