// SPDX-License-Identifier: Apache-2.0
// The single executable on a host that has nothing else. Needs root, and the registries for the first build.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '../netns/eventually.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { executable, MinimalHost, user } from './minimal-host.js';

const root = join(import.meta.dirname, '../../..');
const skydive = '/usr/bin/skydive';
const startMs = 20_000;

async function newHost(t: TestContext): Promise<MinimalHost | undefined> {
  if (!requireNamespaces(t)) return undefined;
  const host = new MinimalHost();
  t.after(() => host.remove());
  return host.up();
}

const systemPlace = 'usr/lib/skydive';
const folders = (host: MinimalHost, place: string) =>
  existsSync(host.path(place)) ? readdirSync(host.path(place)) : [];
const versionLine = /^skydive github\.com\/skydive-project\/skydive \S+\n$/;

test('the executable runs where there is no node, and puts its parts where only root may write', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  const { code, stdout, stderr } = await host.run([skydive, 'version']);
  assert.equal(stderr, '');
  assert.match(stdout, versionLine);
  assert.equal(code, 0);
  const [folder, ...others] = folders(host, systemPlace);
  assert.match(folder!, /^[0-9a-f]{32}$/);
  assert.deepEqual(others, []);
  const parts = host.path(`${systemPlace}/${folder}`);
  for (const name of readdirSync(parts, { recursive: true }) as string[]) {
    const { uid, mode } = statSync(join(parts, name));
    assert.equal(uid, 0, name);
    assert.equal(mode & 0o022, 0, name);
  }
  assert.match(readFileSync(join(parts, 'LICENCES.txt'), 'utf8'), /==== libpcap\n\nLicense: BSD/);
});

test('the name that the executable is called by selects the program', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  const { code, stdout } = await host.run(['/usr/bin/skydive-tripleo-inventory', '--help']);
  assert.match(stdout, /^usage: skydive-tripleo-inventory \[-h\]/);
  assert.equal(code, 0);
  const without = await host.run(['/usr/bin/skydive-tripleo-inventory']);
  assert.match(without.stderr, /^ERROR: auth-url not defined and OS_AUTH_URL environment variable missing/);
  assert.equal(without.code, 1);
  symlinkSync('skydive', host.path('usr/bin/skydive-cli'));
  const client = await host.run(['/usr/bin/skydive-cli', '--help']);
  assert.match(client.stdout, /^Usage: skydive-cli [\s\S]*^ {2}capture/m);
});

test('the launcher of the inventory generator does with the executable alone', (t) => {
  if (!requireNamespaces(t)) return;
  executable();
  const tools = mkdtempSync(join(tmpdir(), 'skydive-tools-'));
  t.after(() => rmSync(tools, { recursive: true, force: true }));
  for (const name of ['dirname', 'readlink']) symlinkSync(`/usr/bin/${name}`, join(tools, name));
  const launched = spawnSync('/bin/sh', [join(root, 'skydive-tripleo-inventory'), '--help'], {
    encoding: 'utf8',
    env: { PATH: tools },
  });
  assert.match(launched.stdout, /^usage: skydive-tripleo-inventory \[-h\]/);
  assert.equal(launched.status, 0, launched.stderr);
});

test('allinone starts the analyzer as another user from the same file, and answers', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  const service = host.start([skydive, 'allinone', '--analyzer-uid', String(user)]);
  let log = '';
  for (const stream of [service.stdout!, service.stderr!]) {
    stream.on('data', (data) => {
      log += data;
    });
  }
  const query = async () => {
    const gremlin = "G.V().Has('Type', 'host').Out().Has('Name', 'lo').Values('Name')";
    const { code, stdout, stderr } = await host.run([skydive, 'client', 'query', gremlin]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), ['lo']);
  };
  await eventually(query, startMs).catch((error) => assert.fail(`${error.message}\n${log}`));

  const agent = service.pid!;
  const [analyzer] = readFileSync(`/proc/${agent}/task/${agent}/children`, 'utf8').split(' ').filter(Boolean);
  assert.match(
    readFileSync(`/proc/${analyzer}/status`, 'utf8'),
    new RegExp(`^Uid:\t${user}\t${user}\t`, 'm'),
  );
  const [folder] = folders(host, systemPlace);
  for (const pid of [agent, analyzer]) {
    const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
    assert.match(maps, /\/usr\/bin\/skydive$/m);
    const mapped = [...maps.matchAll(/\/\S+(?:\.node|libre2\.so\.9)$/gm)].map(([path]) =>
      path.replace(host.folder, ''),
    );
    assert.ok(mapped.length > 0);
    for (const path of mapped) assert.ok(path.startsWith(`/usr/lib/skydive/${folder}/`), path);
  }
  assert.match(readFileSync(`/proc/${analyzer}/maps`, 'utf8'), /classic-level\.node$/m);

  const exit = new Promise((resolve) => service.on('exit', resolve));
  service.kill('SIGTERM');
  assert.equal(await exit, 0, log);
});

test('worker threads run files of the parts, and load native parts', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  await host.run([skydive, 'version']);
  const [folder] = folders(host, systemPlace);
  const parts = `/usr/lib/skydive/${folder}`;
  writeFileSync(
    host.path('worker.mjs'),
    `import { createRequire } from 'node:module';
     import { parentPort } from 'node:worker_threads';
     const { PacketFilter } = createRequire('${parts}/')('./skydive.node');
     const arp = Buffer.alloc(42);
     arp.writeUInt16BE(0x0806, 12);
     const { ClassicLevel } = await import('${parts}/node_modules/classic-level/index.js');
     const db = new ClassicLevel('/run/db');
     await db.put('a', 'stored');
     parentPort.postMessage([new PacketFilter('arp', 1, 100).test(arp), await db.get('a')]);`,
  );
  writeFileSync(
    host.path('probe.cjs'),
    `const { Worker, isMainThread } = require('node:worker_threads');
     if (isMainThread) new Worker('/worker.mjs').on('message', (said) => console.log(said));`,
  );
  const { stdout, stderr } = await host.run([skydive, 'version'], {
    env: { NODE_OPTIONS: '--require /probe.cjs' },
  });
  assert.equal(stderr, '');
  assert.match(stdout, /\[ true, 'stored' \]/);
});

test('an expression that libpcap refuses is refused with its words, without a libpcap on the host', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  await host.run([skydive, 'version']);
  const [folder] = folders(host, systemPlace);
  writeFileSync(
    host.path('probe.cjs'),
    `const { PacketFilter } = require('/usr/lib/skydive/${folder}/skydive.node');
     try { new PacketFilter('tcp prot', 1, 100); } catch (error) { console.log(error.message); }`,
  );
  const { stdout, stderr } = await host.run([skydive, 'version'], {
    env: { NODE_OPTIONS: '--require /probe.cjs' },
  });
  assert.match(stdout, /^can't parse filter expression: syntax error$/m, stderr);
});

test('without parts of root a user gets parts of its own, which root never uses', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  const own = 'home/me/.cache/skydive';
  const { stdout, stderr } = await host.run([skydive, 'version'], { uid: user });
  assert.equal(stderr, '');
  assert.match(stdout, versionLine);
  const [folder] = folders(host, own);
  const parts = host.path(`${own}/${folder}`);
  assert.equal(statSync(parts).uid, user);
  const before = statSync(parts).ctimeMs;
  assert.match((await host.run([skydive, 'version'], { uid: user })).stdout, versionLine);
  assert.equal(statSync(parts).ctimeMs, before);

  const asRoot = await host.run([skydive, 'version'], {
    env: { HOME: '/home/me', XDG_CACHE_HOME: '/home/me/.cache' },
  });
  assert.match(asRoot.stdout, versionLine);
  assert.deepEqual(folders(host, systemPlace), [folder]);
});

test('a user with a capability runs nothing that it may write itself', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  await host.run([skydive, 'version'], { uid: user });
  const capable = () => host.run([skydive, 'version'], { uid: user, capability: 'sys_chroot' });
  const refused = await capable();
  assert.match(refused.stderr, /no place for the native parts of this program/);
  assert.doesNotMatch(refused.stderr, /home/);
  assert.equal(refused.code, 1);
  await host.run([skydive, 'version']);
  assert.match((await capable()).stdout, versionLine);
});

test('parts that others can write to, or that were changed, are not used', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  await host.run([skydive, 'version']);
  const [folder] = folders(host, systemPlace);
  const addon = host.path(`${systemPlace}/${folder}/skydive.node`);
  const right = readFileSync(addon);
  writeFileSync(addon, 'not machine code');
  assert.match((await host.run([skydive, 'version'])).stdout, versionLine);
  assert.ok(readFileSync(addon).equals(right));
  chmodSync(host.path(systemPlace), 0o777);
  const { stdout } = await host.run([skydive, 'version']);
  assert.match(stdout, versionLine);
  assert.deepEqual(folders(host, 'var/lib/skydive-parts'), [folder], 'they are where only root may write');
});

test('where nothing may be executed it is said, with what helps', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  const mounts = [`-t tmpfs -o noexec,mode=777 tmpfs ${host.path('home')}`];
  const env = { XDG_CACHE_HOME: '/home/cache' };
  const { code, stdout, stderr } = await host.run([skydive, 'version'], { uid: user, env, mounts });
  assert.equal(stdout, '');
  assert.match(stderr, /others than its owner may write to \/home/);
  assert.match(stderr, /run it once as root/);
  assert.equal(code, 1);
  const owned = [`-t tmpfs -o noexec,mode=755,uid=${user} tmpfs ${host.path('home')}`];
  const noexec = await host.run([skydive, 'version'], { uid: user, env, mounts: owned });
  assert.match(noexec.stderr, /(\.node|\.so\.9) cannot be executed: is its file system mounted noexec\?/);
  assert.equal(noexec.code, 1);
});

test('processes that start at the same time share one set of parts', async (t) => {
  const host = await newHost(t);
  if (host === undefined) return;
  const all = await Promise.all(Array.from({ length: 12 }, () => host.run([skydive, 'version'])));
  for (const { code, stdout, stderr } of all) {
    assert.equal(stderr, '');
    assert.match(stdout, versionLine);
    assert.equal(code, 0);
  }
  assert.equal(folders(host, systemPlace).length, 1);
});

test('the same inputs give the same bytes, wherever the tree lies', async (t) => {
  if (!requireNamespaces(t)) return;
  const first = readFileSync(executable());
  const copy = mkdtempSync(join(tmpdir(), 'skydive-copy-'));
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  mkdirSync(join(copy, 'node_modules/.cache/skydive-release'), { recursive: true });
  const git = (...words: string[]) => spawnSync('git', ['-C', root, ...words], { encoding: 'utf8' }).stdout;
  const files = git('ls-files', '--cached', '--others', '--exclude-standard').split('\n').filter(Boolean);
  for (const name of files.filter((name) => existsSync(join(root, name))))
    cpSync(join(root, name), join(copy, name));
  writeFileSync(join(copy, '.git'), `gitdir: ${git('rev-parse', '--absolute-git-dir')}`);
  for (const name of readdirSync(join(root, 'node_modules')).filter(
    (name) => !name.startsWith('.skydive-release'),
  )) {
    // What npm installed is an input; what a release keeps in the cache is only so when it was downloaded.
    if (name !== '.cache')
      cpSync(join(root, 'node_modules', name), join(copy, 'node_modules', name), {
        recursive: true,
        verbatimSymlinks: true,
      });
  }
  const cache = 'node_modules/.cache/skydive-release';
  for (const name of readdirSync(join(root, cache)).filter((name) => /^(node-linux|postject)/.test(name))) {
    cpSync(join(root, cache, name), join(copy, cache, name), { recursive: true });
  }
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' };
  const made = spawnSync(process.execPath, [join(copy, 'tools/release.mjs')], { encoding: 'utf8', env });
  assert.equal(made.status, 0, made.stderr);
  const second = readFileSync(join(copy, 'dist/skydive'));
  assert.ok(first.equals(second), 'the bytes differ');
  const [sum] = readFileSync(join(copy, 'dist/skydive.sha256'), 'utf8').split(' ');
  assert.equal(
    spawnSync('sha256sum', [join(root, 'dist/skydive')], { encoding: 'utf8' }).stdout.slice(0, 64),
    sum,
  );
});
