// SPDX-License-Identifier: Apache-2.0
// The documentation's walk through RBAC with its own file and its own command, against analyzers that are processes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../netns/eventually.js';
import { Host, type Service } from './allinone-fixture.js';
import { policy } from './rbac-walk.js';
import type { Requester } from './requester.js';

const users = `auth:
  mine:
    type: basic
    users: { alice: alice-pw, bob: bob-pw, carol: carol-pw }
analyzer:
  auth:
    api: { backend: mine }
`;

/** A host on which several analyzers run: what tells them apart is in their files. */
export function newHost(): Host {
  return new Host('host1', { SKYDIVE_HOST_ID: '', SKYDIVE_STORAGE_LEVEL_PATH: '' });
}

/** Starts two analyzers that share the store on port 12379: the first serves it unless `etcd` says where it is. */
export async function startTwo(host: Host, requester: Requester, etcd = ''): Promise<readonly Service[]> {
  const started: Service[] = [];
  for (const [at, port] of [8082, 8083].entries()) {
    const shared =
      at === 0 ? etcd : etcd || 'etcd: { embedded: false, servers: ["http://localhost:12379"] }\n';
    const folder = join(host.folder, `an${at}`);
    const file = join(host.folder, `an${at}.yml`);
    const storage = `storage: { level: { path: ${folder}/history } }\n`;
    writeFileSync(file, `host_id: an${at}\n${users}${shared}${storage}`);
    const service = host.start('-c', file, 'analyzer', '--listen', `127.0.0.1:${port}`);
    started.push(service);
    await eventually(async () => {
      assert.equal(await topology(requester, port, 'alice'), 200, service.log);
    }, 30_000);
  }
  return started;
}

const headers = (user: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${user}-pw`).toString('base64')}`,
  'Content-Type': 'application/json',
});

async function topology(requester: Requester, port: number, user: string): Promise<number> {
  const body = { GremlinQuery: 'G.V().Count()' };
  const url = `http://127.0.0.1:${port}/api/topology`;
  return (await requester.ask(url, { method: 'POST', headers: headers(user), body })).status;
}

async function capture(requester: Requester, port: number, user: string): Promise<number> {
  // Analyzers share their captures: a second one on the same nodes is a conflict.
  const body = { GremlinQuery: `G.V().Has('Name', 'eth${port}')` };
  const url = `http://127.0.0.1:${port}/api/capture`;
  return (await requester.ask(url, { method: 'POST', headers: headers(user), body })).status;
}

/** The walk itself. Processes go on all the while. */
export async function documentationWalk(host: Host, requester: Requester): Promise<void> {
  const ports = [8082, 8083];
  for (const port of ports) assert.equal(await topology(requester, port, 'bob'), 200);
  writeFileSync(join(host.folder, 'mypolicy.csv'), policy);
  const command =
    'curl -X PUT --data-urlencode "value@mypolicy.csv" http://localhost:12379/v2/keys/casbinPolicy';
  const run = ['netns', 'exec', host.network.name, 'sh', '-c', `cd ${host.folder} && ${command}`];
  const said = JSON.parse(
    execFileSync('ip', run, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as {
    node: { key: string; value: string };
  };
  assert.deepEqual([said.node.key, said.node.value], ['/casbinPolicy', policy]);
  await eventually(async () => {
    for (const port of ports) assert.equal(await topology(requester, port, 'bob'), 405);
  }, 1000);
  for (const port of ports) {
    assert.equal(await topology(requester, port, 'alice'), 200);
    assert.equal(await capture(requester, port, 'alice'), 201);
    assert.equal(await capture(requester, port, 'bob'), 405);
    // Who is in no line of the policy has the backend's role.
    assert.equal(await topology(requester, port, 'carol'), 200);
  }
}
