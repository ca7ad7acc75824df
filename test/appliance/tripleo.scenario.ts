// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { run as generate } from '../../src/tripleo/run.js';
import { setUp } from '../servers/etcd.js';
import { Heat } from '../servers/heat.js';
import { adminPassword, Keystone } from '../servers/keystone.js';
import { Appliance, full, testInFull } from './appliance.js';
import { Relay } from './relay.js';

let appliance: Appliance | undefined;
let keystone: Keystone | undefined;
let heat: Heat | undefined;
let relay: Relay | undefined;

/** What a stack of this overcloud tells: a controller and a compute, Keystone where the controller reaches it. */
const outputs = {
  KeystoneURL: 'http://10.77.0.1:5000',
  EndpointMap: { KeystoneV3Internal: { uri: 'http://10.77.0.1:5000/v3' } },
  RoleNetIpMap: { Controller: { ctlplane: ['10.77.0.11'] }, Compute: { ctlplane: ['10.77.0.12'] } },
  RoleNetHostnameMap: {
    Controller: { ctlplane: ['overcloud-controller-0.ctlplane.localdomain'] },
    Compute: { ctlplane: ['overcloud-novacompute-0.ctlplane.localdomain'] },
  },
};

before(async () => {
  if (!full) return;
  assert.equal(setUp('heat'), undefined);
  appliance = new Appliance('tripleo');
  for (const name of ['overcloud-controller-0', 'overcloud-novacompute-0']) await appliance.machine(name);
  keystone = await Keystone.start();
  heat = await Heat.start(keystone);
  await heat.create('overcloud', outputs, adminPassword, false);
  relay = await Relay.start({
    socket: join(appliance.folder, 'keystone'),
    port: Number(new URL(keystone.url).port),
    namespace: appliance.lan.controller,
    address: '10.77.0.1',
    farPort: 5000,
  });
  const params = join(appliance.folder, 'params.yaml');
  writeFileSync(params, "parameter_defaults:\n  DockerInsecureRegistryAddress: ['192.168.24.1:8787']\n");
  const stackrc = {
    HOME: appliance.folder,
    OS_USERNAME: 'admin',
    OS_PASSWORD: adminPassword,
    OS_PROJECT_NAME: 'admin',
    OS_AUTH_URL: keystone.url,
  };
  const file = join(appliance.site, 'skydive-inventory.yaml');
  const words = ['--inventory-file', file, '--undercloud-params', params, '--ansible-ssh-user', 'root'];
  const said: string[] = [];
  const output = { out: () => {}, err: (text: string) => said.push(text) };
  assert.equal(await generate(words, stackrc, output), 0, said.join(''));
});
after(async () => {
  relay?.stop();
  await heat?.stop();
  await keystone?.stop();
  keystone?.remove();
  await appliance?.remove();
});

const play = (...args: readonly string[]) => {
  assert.ok(appliance);
  return appliance.play({ inventory: 'skydive-inventory.yaml', playbook: 'playbook.yml.sample', args });
};

testInFull('the inventory of an overcloud asks for containers, which preflight refuses by name', async () => {
  assert.match(
    readFileSync(join(appliance!.site, 'skydive-inventory.yaml'), 'utf8'),
    /skydive_deployment_mode: container/,
  );
  const run = await play('--check');
  assert.notEqual(run.status, 0);
  assert.match(
    run.output.replace(/\s+/g, ' '),
    /skydive_deployment_mode: the mode container is not built yet/,
  );
  assert.deepEqual(run.changes, []);
});

testInFull(
  'in check mode it drives the playbook, with all the variables of containers and Keystone',
  async () => {
    const files = appliance!.machines.map((machine) => machine.files());
    const run = await play('--check', '--diff', '-e', 'skydive_deployment_mode=binary');
    assert.equal(run.status, 0, run.output.split('\n').slice(-60).join('\n'));
    assert.deepEqual(run.warnings, []);
    for (const host of ['overcloud-controller-0', 'overcloud-novacompute-0']) {
      assert.ok(
        run.changes.includes(`${host}: skydive_common : Write the configuration file`),
        run.changes.join('\n'),
      );
    }
    assert.ok(run.changes.includes('overcloud-controller-0: skydive_analyzer : Make the accounts'));
    const shown = run.output.replace(/\s+/g, ' ');
    assert.match(shown, /flow\.protocol: absent -> '+websocket/);
    assert.match(shown, /agent\.topology\.probes: absent -> \['+neutron'+, '+ovsdb'+, '+docker'+\]/);
    assert.ok(!run.output.includes(adminPassword));
    assert.deepEqual(
      appliance!.machines.map((machine) => machine.files()),
      files,
    );
  },
);
