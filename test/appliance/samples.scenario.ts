// SPDX-License-Identifier: Apache-2.0
// The sample inventories that are of use on one host as they are.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { parse } from 'yaml';
import { Appliance, full, testInFull } from './appliance.js';
import type { Machine } from './machine.js';

let appliance: Appliance | undefined;
let machine: Machine;

before(async () => {
  if (!full) return;
  appliance = new Appliance('sample');
  machine = await appliance.machine('sampled');
  machine.ask('printf "SKYDIVE_FLOW_UPDATE=7\\n" > /etc/default/skydive-analyzer');
  machine.ask('printf "SKYDIVE_AGENT_OPTIONS=--host-id=renamed\\n" > /etc/default/skydive-agent');
});
after(() => appliance?.remove());

const configured = () => parse(machine.ask('cat /etc/skydive/skydive.yml'), { version: '1.1' });

testInFull('hosts.localhost.auth lets in who has the password', async () => {
  await appliance!.deploy({ inventory: 'inventory/hosts.localhost.auth', on: machine });
  const login = (password: string) =>
    machine.ask(
      `curl -s -o /dev/null -w '%{http_code}' -d 'username=admin&password=${password}' http://127.0.0.1:8082/login`,
    );
  assert.equal(login('secret'), '200');
  assert.equal(login('guess'), '401');
  assert.deepEqual(configured().auth.api, { type: 'basic', file: '/var/lib/skydive/skydive.secret' });
});

testInFull('what /etc/default holds is given to the services', async () => {
  const client = 'SKYDIVE_ANALYZER=127.0.0.1:8082 skydive client --username admin --password secret';
  const status = JSON.parse(machine.ask(`${client} status 2>/dev/null`));
  assert.deepEqual(Object.keys(status.Agents), ['renamed']);
  const pid = machine.property('skydive-analyzer', 'MainPID');
  assert.match(machine.ask(`tr '\\0' '\\n' < /proc/${pid}/environ`), /^SKYDIVE_FLOW_UPDATE=7$/m);
});

testInFull('hosts.localhost.extra sets the keys, and authentication is gone with its inventory', async () => {
  await appliance!.deploy({ inventory: 'inventory/hosts.localhost.extra', on: machine });
  const { agent, logging, auth } = configured();
  assert.deepEqual(agent.topology.probes, ['socketinfo', 'docker']);
  assert.equal(logging.level, 'DEBUG');
  assert.equal(auth.api, undefined);
  assert.equal(machine.ask('curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:8082/api'), '200');
});
