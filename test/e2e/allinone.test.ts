// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { eventually } from '../netns/eventually.js';
import { namespacesMissing } from '../netns/scratch-namespace.js';
import { Host } from './allinone-fixture.js';

/** A host for the test, or undefined where none can be made: then the test is skipped, in CI it fails. */
async function newHost(t: TestContext): Promise<Host | undefined> {
  const missing = namespacesMissing();
  if (missing !== undefined) {
    assert.notEqual(process.env['CI'], 'true', `needs ${missing}`);
    t.skip(`needs ${missing}`);
    return undefined;
  }
  const host = new Host();
  t.after(() => host.remove());
  return host.up();
}

const startMs = 20_000;
const named = (name: string) => `V().Has('Name', '${name}')`;

async function found(host: Host, gremlin: string, count: number): Promise<void> {
  const answer = await host.query(`G.${gremlin}.Count()`);
  assert.equal(answer, count, gremlin);
}

test('allinone shows the interfaces of the host, and what was there before', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  let service = host.start('allinone');
  await eventually(() => found(host, `V().Has('Type', 'host').Out().Has('Name', 'lo')`, 1), startMs);

  await host.network.do('link add x type bridge');
  await eventually(() => found(host, named('x'), 1));
  const seen = Date.now();
  // It has to be there for longer than two queries are apart.
  await eventually(() => assert.ok(Date.now() - seen > 1500));
  await host.network.do('link del x');
  await eventually(() => found(host, named('x'), 0));
  await found(host, `At(${seen}).${named('x')}`, 1);
  await eventually(() => found(host, `At('-3s').${named('x')}`, 1), 10_000);

  const analyzer = service.children;
  for (const pid of analyzer) process.kill(pid, 'SIGKILL');
  service.kill('SIGKILL');
  await service.exit;
  await eventually(() => assert.ok(!analyzer.some((pid) => existsSync(`/proc/${pid}/exe`))), startMs);

  service = host.start('allinone');
  await eventually(() => found(host, `V().Has('Type', 'host').Out().Has('Name', 'lo')`, 1), startMs);
  await found(host, `At(${seen}).${named('x')}`, 1);
  await found(host, named('x'), 0);

  service.kill('SIGTERM');
  assert.equal(await service.exit, 0, service.log);
});

test('an analyzer that is killed is started again, and the agent finds it', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  const service = host.start('allinone');
  await eventually(() => found(host, named('lo'), 1), startMs);
  const [analyzer] = service.children;
  process.kill(analyzer!, 'SIGKILL');
  await host.network.do('link add y type bridge');
  await eventually(() => found(host, named('y'), 1), startMs);
  assert.notEqual(service.children[0], analyzer);
  assert.match(service.log, /the analyzer ended \(SIGKILL\), starting it again/);
});

test('the analyzer can run as another user, to whom the history belongs', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  const nobody = 65534;
  const service = host.start('allinone', '--analyzer-uid', String(nobody));
  await eventually(() => found(host, named('lo'), 1), startMs);
  const status = readFileSync(`/proc/${service.children[0]}/status`, 'utf8');
  assert.match(status, new RegExp(`^Uid:\\s+${nobody}\\s+${nobody}`, 'm'));
  assert.equal(statSync(host.history).uid, nobody);
});

test('a history folder that the other user cannot reach is refused, naming what is in the way', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  chmodSync(host.folder, 0o700);
  const { code, stderr } = await host.skydive('allinone', '--analyzer-uid', '65534');
  assert.equal(code, 1);
  assert.match(stderr, /user 65534 cannot reach .*storage\.level\.path.* is closed to it: chmod o\+x/);
  assert.ok(stderr.includes(host.folder), stderr);
});

test('a history folder in use is refused, naming key and folder', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  host.start('analyzer');
  await eventually(() => found(host, 'V()', 0), startMs);
  const second = await host.skydive('analyzer', '--listen', '127.0.0.1:9999');
  assert.equal(second.code, 1);
  assert.match(second.stderr, /storage\.level\.path/);
  assert.ok(second.stderr.includes(host.history), second.stderr);
});
