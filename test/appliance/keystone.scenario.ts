// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { setUp } from '../servers/etcd.js';
import { adminPassword, Keystone } from '../servers/keystone.js';
import { Appliance, testInFull } from './appliance.js';
import type { Machine } from './machine.js';
import { Relay } from './relay.js';

let appliance: Appliance;
let machine: Machine;
let keystone: Keystone;
let relay: Relay;

before(async () => {
  assert.equal(setUp('keystone'), undefined);
  appliance = new Appliance('stack');
  machine = await appliance.machine('cloud');
  keystone = await Keystone.start();
  relay = await Relay.start({
    socket: join(appliance.folder, 'keystone'),
    port: Number(new URL(keystone.url).port),
    namespace: appliance.lan.controller,
    address: '10.77.0.1',
    farPort: 5000,
  });
});
after(async () => {
  relay?.stop();
  await keystone?.stop();
  keystone?.remove();
  await appliance?.remove();
});

const variables = {
  skydive_auth_type: 'keystone',
  skydive_username: 'watcher',
  skydive_password: 'watch it',
  skydive_os_auth_url: 'http://10.77.0.1:5000/v3',
  skydive_os_service_username: 'skydive.service',
  skydive_os_service_password: 'service secret',
  skydive_os_service_tenant_name: 'service',
  skydive_os_service_user_role: 'member',
  skydive_auth_os_tenant_name: 'skydive',
  skydive_auth_os_domain_name: 'Default',
  skydive_auth_os_domain_id: 'default',
  skydive_auth_os_user_role: 'reader',
  os_auth_url: 'http://10.77.0.1:5000',
  os_username: 'admin',
  os_password: adminPassword,
  os_tenant_name: 'admin',
  os_domain_name: 'Default',
  os_identity_api_version: '3',
};
const inventory = `[analyzers]
10.77.0.11

[agents]
10.77.0.11

[all:vars]
ansible_user=root
`;
const deploy = (more: Readonly<Record<string, unknown>> = {}, args: readonly string[] = []) =>
  appliance.deploy({ inventory, args: ['-e', JSON.stringify({ ...variables, ...more }), ...args] });

async function token(name: string, password: string, project?: string): Promise<Response> {
  return fetch(`${keystone.url}/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Connection: 'close' },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name, password, domain: { id: 'default' } } },
        },
        ...(project !== undefined && { scope: { project: { name: project, domain: { id: 'default' } } } }),
      },
    }),
  });
}

async function listed(kind: 'users' | 'projects' | 'role_assignments'): Promise<string[]> {
  const admin = (await token('admin', adminPassword, 'admin')).headers.get('X-Subject-Token') ?? '';
  const answer = (await (await keystone.call('GET', `/${kind}?include_names`, admin)).json()) as Record<
    string,
    {
      name?: string;
      user?: { name: string };
      role?: { name: string };
      scope?: { project?: { name: string } };
    }[]
  >;
  return answer[kind]!.map(
    ({ name, user, role, scope }) => name ?? `${user?.name} ${role?.name} ${scope?.project?.name}`,
  ).sort();
}

const login = (user: string, password: string) =>
  machine.run(
    `curl -s -o /dev/null -w '%{http_code}' -d username='${user}' --data-urlencode password='${password}' http://10.77.0.11:8082/login`,
  ).out;

test('a check says which accounts it would make, and makes none', async () => {
  const run = await deploy({}, ['--check']);
  assert.ok(run.changes.includes('10.77.0.11: skydive_analyzer : Make the accounts'), run.changes.join('\n'));
  assert.deepEqual(await listed('users'), ['admin']);
});

test('projects, users and roles are made, and the users of Keystone may use the API', async () => {
  const run = await deploy();
  assert.deepEqual(await listed('users'), ['admin', 'skydive.service', 'watcher']);
  assert.deepEqual(await listed('projects'), ['admin', 'service', 'skydive']);
  const roles = await listed('role_assignments');
  assert.ok(roles.includes('watcher reader skydive'), roles.join());
  assert.ok(roles.includes('skydive.service member service'), roles.join());
  assert.equal((await token('skydive.service', 'service secret', 'service')).status, 201);
  assert.equal(login('watcher', 'watch it'), '200');
  assert.equal(login('watcher', 'wrong'), '401');
  const { auth, agent } = parse(machine.ask('cat /etc/skydive/skydive.yml'));
  assert.deepEqual(auth.api, {
    type: 'keystone',
    auth_url: variables.skydive_os_auth_url,
    tenant_name: 'skydive',
    domain_name: 'Default',
  });
  assert.equal(agent.topology.neutron.username, 'skydive.service');
  for (const secret of ['watch it', 'service secret', adminPassword])
    assert.ok(!run.output.includes(secret), secret);
});

test('a user of another project is refused', async () => {
  assert.equal((await token('skydive.service', 'service secret')).status, 201);
  assert.equal(login('skydive.service', 'service secret'), '401');
});

test('a second run makes and changes nothing', async () => {
  assert.deepEqual((await deploy()).changes, []);
  assert.equal((await listed('users')).length, 3);
});

testInFull('a password that does not log in any more is set again', async () => {
  const run = await deploy({ skydive_os_service_password: 'another secret' });
  assert.ok(run.changes.includes('10.77.0.11: skydive_analyzer : Make the accounts'));
  assert.equal((await token('skydive.service', 'another secret')).status, 201);
  assert.equal((await token('skydive.service', 'service secret')).status, 401);
});

testInFull('os_endpoint_type takes the endpoint of the catalog', async () => {
  const admin = (await token('admin', adminPassword, 'admin')).headers.get('X-Subject-Token') ?? '';
  const { services } = (await (await keystone.call('GET', '/services?type=identity', admin)).json()) as {
    services: { id: string }[];
  };
  let service = services[0]?.id;
  if (service === undefined) {
    const made = await keystone.call('POST', '/services', admin, {
      service: { type: 'identity', name: 'keystone' },
    });
    service = ((await made.json()) as { service: { id: string } }).service.id;
  }
  const url = 'http://10.77.0.1:5000/v3';
  for (const [kind, at] of [
    ['internal', url],
    ['public', 'http://10.77.0.1:9/v3'],
  ] as const) {
    await keystone.call('POST', '/endpoints', admin, {
      endpoint: { interface: kind, url: at, service_id: service },
    });
  }
  await deploy({ skydive_os_service_password: 'another secret', os_endpoint_type: 'internal' });
  const refused = await appliance.play({
    inventory,
    args: ['-e', JSON.stringify({ ...variables, os_endpoint_type: 'public' })],
  });
  assert.notEqual(refused.status, 0);
  assert.match(refused.output, /10\.77\.0\.1:9\/v3/);
});

testInFull(
  'a wrong administrator is refused, naming the variable, before the service is touched',
  async () => {
    const refused = await appliance.play({
      inventory,
      args: ['-e', JSON.stringify({ ...variables, os_password: 'no' })],
    });
    assert.notEqual(refused.status, 0);
    assert.match(refused.output.replace(/\s+/g, ' '), /os_auth_url: Keystone: POST .*\/auth\/tokens: 401/);
  },
);
