// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Appliance, full } from './appliance.js';
import { eventually } from './eventually.js';
import type { Machine } from './machine.js';
import { capabilitiesOf, flowsSeen, interfaces, kernelInterfaces, query, starts, unitIs } from './seen.js';

let appliance: Appliance;
let machine: Machine;
let untouched: string[];
const analyzer = '127.0.0.1:8082';

before(async () => {
  appliance = new Appliance('local');
  machine = await appliance.machine('alone');
  untouched = machine.files();
});
after(() => appliance.remove());

test('a check of a fresh host succeeds and changes nothing', async () => {
  const run = await appliance.deploy({ inventory: 'inventory', on: machine, args: ['--check', '--diff'] });
  assert.ok(run.changes.includes('localhost: skydive_common : Write the configuration file'));
  assert.doesNotMatch(run.output, /password: '?secret/);
  assert.deepEqual(machine.files(), untouched);
});

test('ansible-playbook -i inventory playbook.yml makes the host agent and analyzer', async () => {
  await appliance.deploy({ inventory: 'inventory', on: machine });
  for (const service of ['skydive-agent', 'skydive-analyzer']) {
    unitIs(machine, service, { ActiveState: 'active', UnitFileState: 'enabled', NRestarts: '0' });
    assert.ok(Number(machine.property(service, 'LimitNOFILE')) <= 16384);
    assert.equal(machine.property(service, 'MemoryDenyWriteExecute'), 'no');
    assert.equal(starts(machine, service), 1);
  }
});

test('the analyzer runs as user and group skydive without capabilities, the agent as root with those listed', () => {
  const passwd = machine.ask('getent passwd skydive').split(':');
  assert.ok(Number(passwd[2]) < 1000, 'a system user');
  assert.deepEqual(passwd.slice(5), ['/var/lib/skydive', '/usr/sbin/nologin']);
  assert.equal(machine.processOf('skydive-analyzer', 'user:20,group:20').join(' '), 'skydive skydive');
  assert.deepEqual(capabilitiesOf(machine, 'skydive-analyzer'), []);
  assert.equal(machine.processOf('skydive-agent', 'user:20').join(' '), 'root');
  assert.deepEqual(capabilitiesOf(machine, 'skydive-agent'), [
    ...['cap_bpf', 'cap_dac_override', 'cap_dac_read_search', 'cap_ipc_lock', 'cap_net_admin'],
    ...[
      'cap_net_bind_service',
      'cap_net_raw',
      'cap_perfmon',
      'cap_sys_admin',
      'cap_sys_chroot',
      'cap_sys_ptrace',
    ],
  ]);
  assert.equal(machine.ask('stat -c "%U %G %a" /etc/skydive/skydive.yml'), 'root skydive 640');
  assert.equal(machine.ask('stat -c "%U %G %a" /var/lib/skydive'), 'skydive skydive 770');
});

test('the analyzer knows the agent, and a query returns the interfaces that the kernel has', async () => {
  const status = JSON.parse(
    machine.ask(`skydive --conf /etc/skydive/skydive.yml client status --analyzer ${analyzer} 2>/dev/null`),
  );
  assert.deepEqual(Object.keys(status.Agents), ['alone']);
  await eventually('the interfaces are in the topology', () =>
    kernelInterfaces(machine).every((name) => interfaces(machine, analyzer, 'alone').includes(name)),
  );
});

test('a network namespace that is made on the host appears, and goes', async () => {
  const present = () => query(machine, analyzer, "G.V().Has('Type', 'netns', 'Name', 'blue')").length === 1;
  machine.ask('ip netns add blue');
  await eventually('the namespace is in the topology', present);
  machine.ask('ip netns delete blue');
  await eventually('the namespace left the topology', () => !present());
});

test('a capture gives the flows of traffic', async () => {
  machine.ask(
    `skydive client capture create --analyzer ${analyzer} --gremlin "G.V().Has('Name', 'eth0', 'Type', 'veth')"`,
  );
  await eventually('the flow of a connection', () => {
    machine.run('curl -s -m 1 http://10.77.0.1:9/');
    return flowsSeen(machine, analyzer).some(({ Network }) => Network?.B === '10.77.0.1');
  });
});

test('a second run changes nothing and restarts nothing', async () => {
  const run = await appliance.deploy({ inventory: 'inventory', on: machine });
  assert.deepEqual(run.changes, []);
  assert.equal(starts(machine, 'skydive-agent'), 1);
  assert.equal(starts(machine, 'skydive-analyzer'), 1);
});

test('several changed variables restart each service once', async () => {
  const args = [
    ...['-e', 'skydive_flow_protocol=websocket', '-e', 'skydive_analyzer_port=8182'],
    ...['-e', 'skydive_config_file=/etc/skydive/other.yml'],
  ];
  await appliance.deploy({ inventory: 'inventory', on: machine, args });
  assert.equal(starts(machine, 'skydive-agent'), 2);
  assert.equal(starts(machine, 'skydive-analyzer'), 2);
  assert.equal(machine.run('test -e /etc/skydive/skydive.yml').status, 1, 'the old configuration is gone');
  assert.match(machine.ask('ss -Hltn'), /:8182\b/);
});

test('the documented command with the sample playbook works on the oldest Ansible', async () => {
  const documented = {
    inventory: 'inventory/hosts.localhost',
    playbook: 'playbook.yml.sample',
    on: machine,
  } as const;
  await appliance.deploy({ ...documented, version: 'oldest', sudo: true });
  assert.equal(starts(machine, 'skydive-agent'), 3);
  const again = full ? await appliance.deploy({ ...documented, version: 'oldest', sudo: true }) : undefined;
  assert.deepEqual(again?.changes ?? [], []);
});

test('a reboot brings it back', async () => {
  await machine.reboot();
  await eventually('the analyzer has the agent again', () => {
    const { status, out } = machine.run(`curl -sf http://${analyzer}/api/status`);
    return status === 0 && 'alone' in JSON.parse(out).Agents;
  });
  for (const service of ['skydive-agent', 'skydive-analyzer'])
    unitIs(machine, service, { ActiveState: 'active' });
});

test('absent leaves the data only, and on request nothing', async () => {
  const args = ['-e', 'skydive_state=absent'];
  await appliance.deploy({ inventory: 'inventory', on: machine, args });
  const left = machine.files().filter((file) => !untouched.includes(file));
  assert.ok(left.some((file) => file.startsWith('/var/lib/skydive/')));
  const others = left.filter(
    (file) => !/^\/var\/lib\/skydive(\/|$)|^\/etc\/(passwd|shadow|group|gshadow)/.test(file),
  );
  assert.deepEqual(others, []);
  await appliance.deploy({
    inventory: 'inventory',
    on: machine,
    args: [...args, '-e', 'skydive_remove_data=true'],
  });
  assert.deepEqual(machine.files(), untouched);
  assert.equal(machine.run('getent passwd skydive || getent group skydive').status, 2);
  const again = full ? await appliance.deploy({ inventory: 'inventory', on: machine, args }) : undefined;
  assert.deepEqual(again?.changes ?? [], []);
});
