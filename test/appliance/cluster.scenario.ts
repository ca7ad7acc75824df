// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { parse } from 'yaml';
import { Appliance, full, testInFull } from './appliance.js';
import { eventually } from './eventually.js';
import { starts } from './seen.js';

let appliance: Appliance;
let untouched: string[][];
const addresses = ['10.77.0.11', '10.77.0.12', '10.77.0.13'];
const inventory = `[analyzers]
${addresses.join('\n')}

[agents]
${addresses.join('\n')}

[all:vars]
ansible_user=root
skydive_iptables_rules=true
`;

before(async () => {
  if (!full) return;
  appliance = new Appliance('three');
  for (const name of ['North', 'east', 'west']) await appliance.machine(name);
  // Nothing comes in but what is answered, ssh, and what the roles let in.
  for (const machine of appliance.machines) {
    machine.ask(
      'iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT; ' +
        'iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -P INPUT DROP',
    );
  }
  untouched = appliance.machines.map((machine) => machine.files());
});
after(() => appliance?.remove());

const health = (index: number) =>
  appliance.machines[index]!.run(`curl -s -m 3 http://${addresses[index]}:12379/health`).out;

testInFull('three analyzers form a cluster of the distribution’s etcd, and know all agents', async () => {
  await appliance.deploy({ inventory });
  for (const [index, machine] of appliance.machines.entries()) {
    const { etcd, analyzers } = parse(machine.ask('cat /etc/skydive/skydive.yml'));
    assert.equal(etcd.name, machine.name.toLowerCase());
    assert.deepEqual(
      etcd.servers,
      addresses.map((address) => `http://${address}:12379`),
    );
    assert.deepEqual(etcd.peers, {
      north: 'http://10.77.0.11:12380',
      east: 'http://10.77.0.12:12380',
      west: 'http://10.77.0.13:12380',
    });
    assert.deepEqual(
      analyzers,
      addresses.map((address) => `${address}:8082`),
    );
    assert.match(health(index), /true/);
    assert.equal(
      machine.run('systemctl is-active etcd').out,
      'inactive',
      'the service of the package does not run',
    );
  }
});

testInFull('the loss of one analyzer is survived, and a reboot brings it back', async () => {
  await appliance.machines[0]!.halt();
  for (const index of [1, 2]) {
    await eventually(`the member of ${addresses[index]} has a leader`, () => /true/.test(health(index)));
    const made = appliance.machines[index]!.run(
      `skydive client capture create --analyzer ${addresses[index]}:8082 --gremlin "G.V().Has('Name', 'lo${index}')"`,
    );
    assert.equal(made.status, 0, made.out);
  }
  await appliance.machines[0]!.boot();
  // Rules that are not the roles' are not theirs to bring back.
  await eventually('the first one is a member again', () => /true/.test(health(0)));
  await eventually('it has the captures that were made without it', () => {
    const { status, out } = appliance.machines[0]!.run(
      `skydive client capture list --analyzer ${addresses[0]}:8082 2>/dev/null`,
    );
    return status === 0 && Object.keys(JSON.parse(out)).length === 2;
  });
});

testInFull('a second run changes nothing and restarts nothing', async () => {
  const run = await appliance.deploy({ inventory });
  assert.deepEqual(run.changes, []);
  assert.equal(starts(appliance.machines[1]!, 'skydive-analyzer'), 1);
});

testInFull('absent takes etcd and the rules with it', async () => {
  await appliance.deploy({
    inventory,
    args: ['-e', 'skydive_state=absent', '-e', 'skydive_remove_data=true'],
  });
  for (const [index, machine] of appliance.machines.entries()) {
    assert.equal(machine.run('iptables -S INPUT | grep Skydive').out, '');
    assert.notEqual(machine.run('command -v etcd').status, 0);
    assert.deepEqual(
      machine.files().filter((file) => !untouched[index]!.includes(file)),
      [],
    );
  }
});
