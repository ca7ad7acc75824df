// SPDX-License-Identifier: Apache-2.0
// Three candidates, each a process, on an etcd that is restarted, cut off, slow, frozen or compacted: by the history
// that they record no two are ever master at once, and after each trouble there is one again. One round of troubles;
// SKYDIVE_ELECTION_ROUNDS for more.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { EtcdServers } from '../../src/store/kv/etcd/servers.js';
import { etcdV2 } from '../../src/store/kv/etcd/v2.js';
import { until } from '../../src/store/kv/store.contract.js';
import { Etcd, setUp } from './etcd.js';
import { TcpProxy } from './tcp-proxy.js';

const missing = setUp('etcd');
const rounds = Number(process.env['SKYDIVE_ELECTION_ROUNDS'] ?? 1);
const times = JSON.stringify({ ttlS: 3, refreshMs: 800, retryMs: 100, marginMs: 500 });
const waitMs = 60_000;

interface Claim {
  readonly host: string;
  readonly term: number;
  readonly master: boolean;
  readonly atUs: number;
}

/** What all candidates wrote down. */
class History {
  readonly #terms = new Map<string, { host: string; fromUs: number; toUs: number }>();
  readonly #last = new Map<string, Claim>();

  note(claim: Claim): void {
    this.#last.set(claim.host, claim);
    if (!claim.master) return;
    const name = `${claim.host} ${claim.term}`;
    const term = this.#terms.get(name);
    if (term === undefined) this.#terms.set(name, { host: claim.host, fromUs: claim.atUs, toUs: claim.atUs });
    else term.toUs = claim.atUs;
  }

  /** Who was master in the last half second. */
  masters(): string[] {
    const sinceUs = Number(process.hrtime.bigint() / 1000n) - 500_000;
    return [...this.#last.values()]
      .filter(({ master, atUs }) => master && atUs > sinceUs)
      .map(({ host }) => host);
  }

  get terms() {
    return [...this.#terms.values()].sort((a, b) => a.fromUs - b.fromUs);
  }

  /** Pairs of terms of different candidates that overlap. */
  overlaps(): string[] {
    return this.terms.flatMap((term, at) =>
      this.terms
        .slice(at + 1)
        .filter((other) => other.host !== term.host && other.fromUs <= term.toUs)
        .map(
          (other) => `${other.host} since ${(term.toUs - other.fromUs) / 1000} ms before ${term.host} ended`,
        ),
    );
  }
}

class Candidate {
  readonly host: string;
  readonly proxies: readonly TcpProxy[];
  readonly #child: ChildProcess;

  constructor(api: string, host: string, proxies: readonly TcpProxy[], history: History) {
    this.host = host;
    this.proxies = proxies;
    const script = join(import.meta.dirname, 'candidate.child.js');
    const urls = proxies.map(({ url }) => url);
    this.#child = spawn(process.execPath, [script, api, host, times, ...urls], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) =>
      history.note(JSON.parse(line) as Claim),
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  suffer(...trouble: Parameters<TcpProxy['suffer']>): void {
    for (const proxy of this.proxies) proxy.suffer(...trouble);
  }
}

interface Scene {
  readonly etcds: readonly Etcd[];
  readonly candidates: readonly Candidate[];
  readonly history: History;
}

async function scene(t: TestContext, api: string, etcds: readonly Etcd[]): Promise<Scene> {
  const history = new History();
  const candidates: Candidate[] = [];
  for (const host of ['an1', 'an2', 'an3']) {
    const proxies = await Promise.all(etcds.map(({ url }) => TcpProxy.to(url)));
    const candidate = new Candidate(api, host, proxies, history);
    candidates.push(candidate);
    t.after(() => {
      candidate.signal('SIGKILL');
      for (const proxy of proxies) proxy.stop();
    });
  }
  await until('there is one master', () => history.masters().length === 1, waitMs);
  return { etcds, candidates, history };
}

const masterOf = ({ history, candidates }: Scene) =>
  candidates.find(({ host }) => host === history.masters()[0]);

/** Makes trouble for the master until it is not the master any more; then it is over. */
async function whileMaster(at: Scene, begin: (master: Candidate) => void, end: (master: Candidate) => void) {
  await until('there is one master', () => at.history.masters().length === 1, waitMs);
  const master = masterOf(at)!;
  begin(master);
  await until(
    'another one is master',
    () => at.history.masters().some((host) => host !== master.host),
    waitMs,
  );
  end(master);
}

/** Makes trouble for all until nobody is master; then it is over. */
async function whileAny(at: Scene, begin: () => void | Promise<void>, end: () => void | Promise<void>) {
  await begin();
  await until('nobody is master', () => at.history.masters().length === 0, waitMs);
  await end();
}

function signalAll(etcds: readonly Etcd[], signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const etcd of etcds) etcd.signal(signal);
}

const troubles: Readonly<Record<string, (at: Scene) => Promise<void>>> = {
  'the master is cut off': (at) =>
    whileMaster(
      at,
      (master) => master.suffer('cut'),
      (master) => master.suffer(undefined),
    ),
  'nothing passes to and from the master': (at) =>
    whileMaster(
      at,
      (master) => master.suffer('silent'),
      (master) => master.suffer(undefined),
    ),
  'the master is stopped, and wakes when another one is': (at) =>
    whileMaster(
      at,
      (master) => master.signal('SIGSTOP'),
      (master) => master.signal('SIGCONT'),
    ),
  'answers to the master come later than it waits': (at) =>
    whileMaster(
      at,
      (master) => master.suffer({ delayMs: 1500 }),
      (master) => master.suffer(undefined),
    ),
  'etcd is frozen': (at) =>
    whileAny(
      at,
      () => signalAll(at.etcds, 'SIGSTOP'),
      () => signalAll(at.etcds, 'SIGCONT'),
    ),
  'etcd is killed and started': (at) =>
    whileAny(
      at,
      async () => void (await Promise.all(at.etcds.map((etcd) => etcd.kill()))),
      async () => void (await Promise.all(at.etcds.map((etcd) => etcd.start()))),
    ),
  'all are slow': async (at) => {
    for (const candidate of at.candidates) candidate.suffer({ delayMs: 150 });
    const { length } = at.history.terms;
    await whileMaster(
      at,
      (master) => master.suffer('cut'),
      (master) => master.suffer({ delayMs: 150 }),
    );
    assert.ok(at.history.terms.length > length);
    for (const candidate of at.candidates) candidate.suffer(undefined);
  },
  'what watches stand on is forgotten': async (at) => {
    const [{ url }] = at.etcds as [Etcd];
    // A slave that is cut off misses more than API v2 keeps (1,000 events), and what API v3 has compacted.
    const slave = at.candidates.find((candidate) => candidate !== masterOf(at))!;
    slave.suffer('cut');
    const kv = etcdV2(new EtcdServers({ urls: [url], timeoutMs: 5000 }));
    for (let count = 0; count < 1100; count++) await kv.set('/elections/recorded-beside', String(count));
    await kv.close();
    const post = (path: string, body: object) =>
      fetch(`${url}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const key = Buffer.from('/x').toString('base64');
    const put = (await (await post('put', { key, value: key })).json()) as { header: { revision: string } };
    assert.equal((await post('compaction', { revision: put.header.revision, physical: true })).status, 200);
    slave.suffer(undefined);
    for (const other of at.candidates) if (other !== slave) other.suffer('cut');
    await until('the one that missed it is master', () => at.history.masters()[0] === slave.host, waitMs);
    for (const other of at.candidates) other.suffer(undefined);
  },
};

for (const api of ['v2', 'v3']) {
  test(`elections on etcd, API ${api}: never two masters, whatever happens`, {
    ...(missing !== undefined && { skip: missing }),
    timeout: 300_000 * rounds,
  }, async (t) => {
    const etcd = await Etcd.start('--enable-v2=true');
    t.after(() => etcd.stop());
    const at = await scene(t, api, [etcd]);
    for (let round = 0; round < rounds; round++) {
      for (const [name, happen] of Object.entries(troubles)) {
        await happen(at);
        await until(`after "${name}" there is one master`, () => at.history.masters().length === 1, waitMs);
        assert.deepEqual(at.history.overlaps(), [], name);
      }
    }
    const { terms } = at.history;
    assert.ok(new Set(terms.map(({ host }) => host)).size >= 2, 'the mastership moved');
    t.diagnostic(`${terms.length} terms`);
  });
}

for (const api of ['v2', 'v3']) {
  test(`elections on three members of etcd, API ${api}: each frozen in turn, and the majority`, {
    ...(missing !== undefined && { skip: missing }),
    timeout: 300_000,
  }, async (t) => {
    const etcds = await Etcd.cluster(['s1', 's2', 's3'], '--enable-v2=true');
    t.after(() => Promise.all(etcds.map((etcd) => etcd.stop())));
    const at = await scene(t, api, etcds);
    for (const frozen of etcds) {
      frozen.signal('SIGSTOP');
      const others = etcds.filter((etcd) => etcd !== frozen);
      // A write shows that the others have a leader; a term that began before may go on.
      const servers = new EtcdServers({ urls: others.map(({ url }) => url), timeoutMs: 1000 });
      await until(
        'the others take writes',
        () =>
          etcdV2(servers)
            .set('/there', 'is a leader')
            .then(
              () => true,
              () => false,
            ),
        waitMs,
      );
      servers.close();
      await until('there is one master', () => at.history.masters().length === 1, waitMs);
      frozen.signal('SIGCONT');
      assert.deepEqual(at.history.overlaps(), []);
    }
    await whileAny(
      at,
      () => signalAll(etcds.slice(1), 'SIGSTOP'),
      () => signalAll(etcds.slice(1), 'SIGCONT'),
    );
    await until('there is one master again', () => at.history.masters().length === 1, waitMs);
    assert.deepEqual(at.history.overlaps(), []);
  });
}
