// SPDX-License-Identifier: Apache-2.0
// kill -9 of whoever serves the key-value store, while others write to it: what was acknowledged is there afterwards,
// and whole. A few times; SKYDIVE_CRASH_RUNS=200 for all.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EtcdServers } from '../../src/store/kv/etcd/servers.js';
import { etcdV2 } from '../../src/store/kv/etcd/v2.js';
import { etcdV3 } from '../../src/store/kv/etcd/v3.js';
import { until } from '../../src/store/kv/store.contract.js';
import type { KvStore } from '../../src/store/kv/store.js';
import { Etcd, freePort, setUp } from './etcd.js';

const missing = setUp('etcd');
const skip = missing === undefined ? {} : { skip: missing };
const runs = Number(process.env['SKYDIVE_CRASH_RUNS'] ?? 12);

interface Server {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

async function embeddedServer(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-crash-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const script = join(import.meta.dirname, 'crash-server.child.js');
  let child: ChildProcess | undefined;
  const server: Server = {
    url,
    async start() {
      child = spawn(process.execPath, [script, folder, String(port)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const started = child;
      await until(
        'it answers',
        async () => {
          assert.equal(started.exitCode, null, 'it ended');
          const signal = AbortSignal.timeout(5000);
          return (await fetch(`${url}/health`, { signal }).catch(() => undefined))?.ok === true;
        },
        60_000,
      );
    },
    async kill() {
      const gone = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGKILL');
      await gone;
    },
    async stop() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

const valueAfter = (run: number, count: number) => `${run}.${count}.${'x'.repeat(count % 500)}`;

/** Writes, exchanges and deletes one key, until the store is gone; the number of operations it acknowledged. */
async function write(kv: KvStore, key: string, run: number, acknowledged: () => void): Promise<number> {
  for (let count = 1; ; count++) {
    const [before, value] = [valueAfter(run, count - 1), valueAfter(run, count)];
    try {
      if (count % 7 === 0) assert.equal(await kv.compareAndDelete(key, before), true);
      else if (count % 7 === 1) assert.notEqual(await kv.create(key, value), undefined);
      else if (count % 2 === 0) assert.notEqual(await kv.compareAndSet(key, before, value), undefined);
      else await kv.set(key, value);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return count - 1;
    }
    acknowledged();
  }
}

function crashes(name: string, serve: () => Promise<Server>, open: (servers: EtcdServers) => KvStore): void {
  test(`${name}: ${runs} times killed during writes`, {
    ...skip,
    timeout: 60_000 + runs * 5000,
  }, async (t) => {
    const server = await serve();
    t.after(() => server.stop());
    const connect = () => open(new EtcdServers({ urls: [server.url], timeoutMs: 5000 }));
    let total = 0;
    for (let run = 0; run < runs; run++) {
      const kv = connect();
      const keys = ['a', 'b', 'c'].map((key) => `/crash/${run}/${key}`);
      let left = 1 + Math.floor(Math.random() * 120);
      const killed: Promise<void>[] = [];
      const acknowledged = () => {
        total++;
        if (--left === 0) killed.push(server.kill());
      };
      const counts = await Promise.all(keys.map((key) => write(kv, key, run, acknowledged)));
      await Promise.all(killed);
      assert.equal(killed.length, 1, 'the writers end because the server was killed');
      await kv.close();
      await server.start();
      const after = connect();
      for (const [at, key] of keys.entries()) {
        const count = counts[at]!;
        const kept = (await after.get(key))?.value;
        // The next operation may have taken place without its answer.
        const possible = [count, count + 1].map((each) =>
          each % 7 === 0 ? undefined : valueAfter(run, each),
        );
        assert.ok(possible.includes(kept), `${key}: ${kept?.slice(0, 20)} after ${count} operations`);
      }
      await after.close();
    }
    t.diagnostic(`${total} operations were acknowledged`);
  });
}

crashes('the embedded store, served', embeddedServer, etcdV2);
for (const [name, open] of Object.entries({ v2: etcdV2, v3: (servers: EtcdServers) => etcdV3(servers) })) {
  crashes(`etcd, API ${name}`, () => Etcd.start('--enable-v2=true'), open);
}
