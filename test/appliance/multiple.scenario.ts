// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { Appliance, testInFull } from './appliance.js';
import { eventually } from './eventually.js';
import type { Machine } from './machine.js';
import { flowsSeen, interfaces, kernelInterfaces, starts, unitIs } from './seen.js';

let appliance: Appliance;
let head: Machine;
let workers: Machine[];
let untouched: Map<Machine, string[]>;
const analyzer = '10.77.0.11:8082';

before(async () => {
  appliance = new Appliance('multi');
  head = await appliance.machine('head');
  workers = [await appliance.machine('worker1'), await appliance.machine('worker2')];
  untouched = new Map(appliance.machines.map((machine) => [machine, machine.files()]));
});
after(() => appliance.remove());

/** `hosts.multiple` with the addresses of these machines. */
const inventory = (more = '') => `[skydive:children]
analyzers
agents

[analyzers]
10.77.0.11

[agents]
10.77.0.12
10.77.0.13

[skydive:vars]
ansible_user=root
skydive_listen_ip=0.0.0.0
${more}
`;

const agentsAre = (names: readonly string[]) =>
  eventually(`the analyzer knows ${names.join(', ')}`, () => {
    const { status, out } = head.run(`skydive client status --analyzer ${analyzer} 2>/dev/null`);
    return (
      status === 0 &&
      Object.keys(JSON.parse(out).Agents ?? {})
        .sort()
        .join() === names.join()
    );
  });

test('one analyzer and two agents are deployed over ssh', async () => {
  await appliance.deploy({ inventory: inventory() });
  unitIs(head, 'skydive-analyzer', { ActiveState: 'active', UnitFileState: 'enabled' });
  assert.equal(head.run('systemctl cat skydive-agent').status, 1);
  for (const worker of workers) {
    unitIs(worker, 'skydive-agent', { ActiveState: 'active', UnitFileState: 'enabled' });
    assert.equal(worker.run('systemctl cat skydive-analyzer').status, 1);
    const { analyzers, host_id } = parse(worker.ask('cat /etc/skydive/skydive.yml'));
    assert.deepEqual([analyzers, host_id], [[analyzer], worker.name]);
  }
  await agentsAre(['worker1', 'worker2']);
});

test('a query returns the interfaces of both agents', async () => {
  for (const worker of workers) {
    await eventually(`the interfaces of ${worker.name}`, () =>
      kernelInterfaces(worker).every((name) => interfaces(head, analyzer, worker.name).includes(name)),
    );
  }
});

test('a capture on both agents gives the flow between them', async () => {
  head.ask(
    `skydive client capture create --analyzer ${analyzer} --gremlin "G.V().Has('Name', 'eth0', 'Type', 'veth')"`,
  );
  await eventually('the flow', () => {
    workers[0]!.run('curl -s -m 1 http://10.77.0.13:9/');
    return flowsSeen(head, analyzer).some(
      ({ Network }) => Network?.A === '10.77.0.12' && Network.B === '10.77.0.13',
    );
  });
});

test('a second run, on the oldest Ansible, changes nothing', async () => {
  const run = await appliance.deploy({ inventory: inventory(), version: 'oldest' });
  assert.deepEqual(run.changes, []);
});

test('a variable of the agents restarts the agents once, and not the analyzer', async () => {
  const more = "[agents:vars]\nskydive_extra_config={'agent.metadata': {'Rack': 'r1'}}";
  await appliance.deploy({ inventory: inventory(more) });
  for (const worker of workers) assert.equal(starts(worker, 'skydive-agent'), 2);
  assert.equal(starts(head, 'skydive-analyzer'), 1);
});

testInFull('a certificate for each host gives mutual TLS', async () => {
  const pki = join(appliance.site, 'pki');
  const hosts = ['--analyzer', '10.77.0.11', '--agent', '10.77.0.12', '--agent', '10.77.0.13'];
  execFileSync(join(appliance.site, 'dist/skydive'), ['tls', 'init', pki, ...hosts]);
  const args = ['-e', `skydive_tls_directory=${pki}`, '-e', 'skydive_tls_require_client_cert=true'];
  await appliance.deploy({ inventory: inventory(), args });
  const { tls } = parse(head.ask('cat /etc/skydive/skydive.yml'));
  assert.equal(tls.server_cert, '/etc/skydive/tls/server.crt');
  assert.equal(head.ask('stat -c "%U %G %a" /etc/skydive/tls/server.key'), 'root skydive 640');
  assert.equal(
    head.run('find / -xdev -name ca.key').out,
    '',
    'the key of the authority stays on the controller',
  );
  assert.notEqual(head.run(`curl -s http://${analyzer}/api`).status, 0);
  assert.notEqual(head.run(`curl -s --cacert /etc/skydive/tls/ca.crt https://${analyzer}/api`).status, 0);
  const pair =
    '--cacert /etc/skydive/tls/ca.crt --cert /etc/skydive/tls/client.crt --key /etc/skydive/tls/client.key';
  await eventually('both agents are back', () => {
    const { status, out } = head.run(`curl -sf ${pair} https://${analyzer}/api/status`);
    return status === 0 && Object.keys(JSON.parse(out).Agents).length === 2;
  });
  const again = await appliance.deploy({ inventory: inventory(), args });
  assert.deepEqual(again.changes, []);
});

testInFull('without it the certificates leave the hosts, and all talk in clear again', async () => {
  await appliance.deploy({ inventory: inventory() });
  assert.equal(head.run('ls /etc/skydive/tls').status, 2);
  await agentsAre(['worker1', 'worker2']);
});

test('all come back after reboots', async () => {
  for (const machine of appliance.machines) await machine.reboot();
  await agentsAre(['worker1', 'worker2']);
});

test('absent leaves nothing on any of them', async () => {
  const args = ['-e', 'skydive_state=absent', '-e', 'skydive_remove_data=true'];
  await appliance.deploy({ inventory: inventory(), args });
  for (const [machine, files] of untouched) assert.deepEqual(machine.files(), files, machine.name);
});
