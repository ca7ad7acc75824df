// SPDX-License-Identifier: Apache-2.0
// An etcd that asks who is there: users and passwords over both APIs, over https.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EtcdServers } from '../../src/store/kv/etcd/servers.js';
import { etcdV3 } from '../../src/store/kv/etcd/v3.js';
import { kvContract, until, watching } from '../../src/store/kv/store.contract.js';
import { opensslMissing, selfSigned } from '../e2e/self-signed.js';
import { ask, basicAuth, scratch, startAnalyzer } from '../e2e/trust-fixture.js';
import { freePort, setUp } from './etcd.js';

const missing = setUp('etcd') ?? opensslMissing;
const options = { ...(missing !== undefined && { skip: missing }), timeout: 60_000 };
const root = { name: 'root', password: 'root-hidden-pw' };
const sky = { name: 'sky', password: 'sky-hidden-pw' };

interface Guarded {
  readonly url: string;
  readonly port: number;
  readonly ca: string;
  /** Forgets the tokens: they are in its memory only. */
  restart(): Promise<void>;
}

/** An etcd that speaks https, where only root and sky may do anything; over API v2 as well when asked to. */
async function guarded(t: Pick<TestContext, 'after'>, v2: boolean): Promise<Guarded> {
  const folder = scratch(t);
  const pair = selfSigned(folder, 'etcd', '127.0.0.1');
  const [port, peerPort] = [await freePort(), await freePort()];
  const [url, peer] = [`https://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  let etcd: ChildProcess | undefined;
  const launch = () => {
    etcd = spawn(
      'etcd',
      [
        ...['--name', 's1', '--data-dir', join(folder, 'data'), `--enable-v2=${v2}`],
        ...['--initial-cluster', `s1=${peer}`, '--listen-client-urls', url, '--advertise-client-urls', url],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--cert-file', pair.cert, '--key-file', pair.key],
      ],
      { stdio: 'ignore' },
    );
    // It may be there for all tests of this process, and must not keep it.
    etcd.unref();
  };
  const kill = () => void etcd?.kill('SIGKILL');
  launch();
  t.after(kill);
  const ca = readFileSync(pair.cert, 'utf8');
  const post = async (path: string, body: object) => {
    const text = JSON.stringify(body);
    const answer = await ask({ port, method: 'POST', path: `/v3/${path}`, body: text, tls: { ca } });
    return answer.status === 200;
  };
  await until('etcd answers', () => post('kv/range', { key: 'eA==' }));
  for (const { name, password } of [root, sky]) assert.ok(await post('auth/user/add', { name, password }));
  assert.ok(await post('auth/role/add', { name: 'root' }));
  for (const { name } of [root, sky]) assert.ok(await post('auth/user/grant', { user: name, role: 'root' }));
  assert.ok(await post('auth/enable', {}));
  if (v2) {
    const put = async (path: string, body: object | undefined) => {
      const headers = { ...basicAuth(root.name, root.password), 'Content-Type': 'application/json' };
      const text = body === undefined ? {} : { body: JSON.stringify(body) };
      return (await ask({ port, method: 'PUT', path: `/v2/auth/${path}`, headers, ...text, tls: { ca } }))
        .status;
    };
    const made = [200, 201];
    assert.ok(made.includes(await put('users/root', { user: 'root', password: root.password })));
    assert.ok(
      made.includes(await put('users/sky', { user: 'sky', password: sky.password, roles: ['root'] })),
    );
    assert.equal(await put('enable', undefined), 200);
    const headers = { ...basicAuth(root.name, root.password), 'Content-Type': 'application/json' };
    const body = JSON.stringify({ role: 'guest', revoke: { kv: { read: ['*', '/*'], write: ['*', '/*'] } } });
    assert.equal(
      (await ask({ port, method: 'PUT', path: '/v2/auth/roles/guest', headers, body, tls: { ca } })).status,
      200,
    );
  }
  const restart = async () => {
    const gone = new Promise((resolve) => etcd?.once('exit', resolve));
    kill();
    await gone;
    launch();
    await until('etcd answers', () => post('auth/authenticate', root));
  };
  return { url, port, ca, restart };
}

const serversOf = ({ url, ca }: Guarded, user = sky) =>
  new EtcdServers({
    urls: [url],
    timeoutMs: 3000,
    username: user.name,
    password: user.password,
    tls: { ca },
  });

let shared: Promise<Guarded> | undefined;
kvContract('etcd with users, API v3 over https', {
  ...(missing !== undefined && { skip: missing }),
  async open() {
    shared ??= guarded({ after: (stop) => void process.on('exit', () => (stop as () => void)()) }, false);
    return { kv: etcdV3(serversOf(await shared)), folder: `/${Math.random()}` };
  },
});

test('a token that etcd has forgotten is replaced, for requests and for watches', options, async (t) => {
  const at = await guarded(t, false);
  const servers = serversOf(at);
  const kv = etcdV3(servers);
  t.after(() => kv.close());
  const { modifiedIndex } = await kv.set('/x', '1');
  const seen = watching(kv, '/x', modifiedIndex);
  await kv.set('/x', '2');
  await until('the watch tells', () => seen.events.length === 1);
  await at.restart();
  assert.equal((await kv.get('/x'))?.value, '2');
  await kv.set('/x', '3');
  await until('the watch tells again', () => seen.events.length === 2, 20_000);
  await at.restart();
  // A watch that is made before any request has to log in itself.
  const first = watching(kv, '/x', modifiedIndex);
  await until('it tells all', () => first.events.length === 2, 20_000);
  first.stop();
  seen.stop();
});

for (const api of ['v2', 'v3'] as const) {
  test(
    `an analyzer on an https etcd with users, API ${api}; a wrong password is refused at the start`,
    options,
    async (t) => {
      const at = await guarded(t, api === 'v2');
      const ca = join(scratch(t), 'ca.crt');
      writeFileSync(ca, at.ca);
      const config = {
        ...{ 'etcd.embedded': false, 'etcd.servers': [at.url], 'etcd.api': api, 'tls.ca_cert': ca },
        ...{ 'etcd.username': sky.name, 'etcd.password': sky.password },
      };
      const { port } = await startAnalyzer(t, config);
      const status = JSON.parse((await ask({ port, method: 'GET', path: '/api/status' })).body) as {
        KeyValueStore: { Kind: string };
        Origins: { IsMaster: boolean };
      };
      assert.equal(status.KeyValueStore.Kind, `etcd ${api}`);
      await until('it is elected', async () => {
        const { body } = await ask({ port, method: 'GET', path: '/api/status' });
        return (JSON.parse(body) as typeof status).Origins.IsMaster;
      });
      const refused = await startAnalyzer(t, { ...config, 'etcd.password': 'guess-hidden-pw' }).then(
        () => '',
        (error: Error) => error.message,
      );
      assert.match(
        refused,
        api === 'v3' ? /etcd refuses the user sky \(etcd\.username\)/ : /etcd|401|no API v2/,
      );
      assert.ok(!refused.includes('hidden-pw'), refused);
      if (api === 'v2') return;
      await assert.rejects(startAnalyzer(t, { ...config, 'etcd.username': '', 'etcd.password': '' }), {
        message: /etcd asks for a user: set etcd\.username and etcd\.password/,
      });
    },
  );
}

test('an https etcd that the authority does not vouch for is not believed', options, async (t) => {
  const at = await guarded(t, false);
  const other = selfSigned(scratch(t), 'other', '127.0.0.1');
  const servers = new EtcdServers({
    ...{ urls: [at.url], timeoutMs: 3000, username: sky.name, password: sky.password },
    tls: { ca: readFileSync(other.cert) },
  });
  t.after(() => servers.close());
  await assert.rejects(etcdV3(servers).get('/x'), {
    code: 'SKY_E_STORE',
    message: /self.signed certificate/,
  });
});
