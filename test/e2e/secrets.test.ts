// SPDX-License-Identifier: Apache-2.0
// Secrets of real processes: where they may come from, and where they must not show.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../netns/eventually.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { Host } from './allinone-fixture.js';
import { bundle } from './cli-fixture.js';
import { Requester } from './requester.js';

const words = { agent: 'agents-hidden-word', admin: 'admins-hidden-word', cookie: 'cookies-hidden-word' };

/** What everybody on the host sees of a process, and what its user does. */
function seen(pid: number): string {
  const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
  return (
    ['cmdline', 'comm', 'environ'].map(read).join('\n') +
    execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
  );
}

test('secrets of files are used, and show neither in logs, ps, /api/config nor in refusals', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const host = new Host('host1', { SKYDIVE_LOGGING_LEVEL: 'DEBUG', SKYDIVE_ANALYZERS: '127.0.0.1:8082' });
  t.after(() => host.remove());
  await host.up();
  const put = (name: string, text: string) => {
    writeFileSync(join(host.folder, name), text, { mode: 0o600 });
    return join(host.folder, name);
  };
  const config = put(
    'skydive.yml',
    `agent:
  auth:
    cluster:
      username: agents
      password_file: ${put('agent.word', `${words.agent}\n`)}
analyzer:
  auth:
    api: { backend: mine }
    cluster: { backend: mine }
auth:
  mine:
    type: basic
    users_file: ${put('users.yml', `admin: ${words.admin}\nagents: ${words.agent}\n`)}
http:
  cookie_file: ${put('cookies.yml', `session: ${words.cookie}\n`)}
`,
  );
  const analyzer = host.start('-c', config, 'analyzer');
  const agent = host.start('-c', config, 'agent');
  const requester = new Requester(host.network);
  t.after(() => requester.end());
  const headers = { Authorization: `Basic ${Buffer.from(`admin:${words.admin}`).toString('base64')}` };
  const ask = async (path: string) =>
    (await requester.ask(`http://127.0.0.1:8082/api/${path}`, { headers })).text;
  await eventually(async () => {
    assert.match(await ask('status'), /"Agents":\{"host1"/, analyzer.log + agent.log);
  }, 30_000);
  const keys = [
    'agent.auth.cluster.password',
    'auth.mine.users',
    'auth.mine',
    'auth',
    'http.cookie',
    'http',
    'agent',
  ];
  const shown = [
    ...(await Promise.all(keys.map((key) => ask(`config/${key}`)))),
    seen(agent.pid),
    seen(analyzer.pid),
  ];
  assert.match(shown[2]!, /\*{8}/);

  // A wrong password: what both sides say of it.
  agent.kill('SIGTERM');
  await agent.exit;
  put('agent.word', 'wrong-hidden-word\n');
  const wrong = host.start('-c', config, 'agent');
  await eventually(() => {
    assert.match(wrong.log, /cannot connect to .*401/);
    assert.match(
      analyzer.log,
      /audit: unknown user from 127\.0\.0\.1: connect to \/ws\/agent\/topology: refused/,
    );
  }, 30_000);

  // A broken file of users: the refusal at start.
  put('users.yml', `admin: ${words.admin}\n  agents: [${words.agent}\n`);
  const refused = await host.skydive('-c', config, 'analyzer');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /auth\.mine\.users_file: .*users\.yml, line \d: bad YAML/);
  const text = [...shown, analyzer.log, agent.log, wrong.log, refused.stdout, refused.stderr].join('\n');
  for (const word of [...Object.values(words), 'wrong-hidden-word', 'hidden-word']) {
    assert.ok(
      !text.includes(word),
      `${word} shows: ${text.slice(Math.max(0, text.indexOf(word) - 200)).slice(0, 400)}`,
    );
    assert.ok(!text.includes(Buffer.from(`admin:${word}`).toString('base64').slice(0, 20)));
  }
});

test('a password that was given as an option is not in ps while the client runs', {
  timeout: 60_000,
}, async (t) => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  for (const given of [['--password', words.admin], [`--password=${words.admin}`]]) {
    const args = [
      'client',
      '--analyzer',
      `127.0.0.1:${port}`,
      '--username',
      'admin',
      ...given,
      'query',
      'G.V()',
    ];
    const child = spawn(process.execPath, [bundle, ...args], { stdio: 'ignore' });
    const [socket] = await once(silent, 'connection');
    const shown = seen(child.pid!);
    assert.ok(!shown.includes('hidden-word'), shown);
    assert.match(shown, /--username admin --password[ =]\*{8} query G\.V\(\)/);
    child.kill();
    await once(child, 'exit');
    socket.destroy();
  }
});
