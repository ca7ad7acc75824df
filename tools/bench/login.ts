// SPDX-License-Identifier: Apache-2.0
// A thousand wrong logins from one address, while others of other addresses ask and log in: what they feel of it. The
// clients are a process of their own. `npm run bench -- login`.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { hash } from 'bcryptjs';
import { Analyzer } from '../../src/analyzer/analyzer.js';
import { roomKeys } from '../../src/cli/keys.js';
import { loadConfig } from '../../src/config/load.js';
import { silentLogger } from '../../src/log/logger.js';
import { median, type Row } from './row.js';

const guesses = 1000;
const parallel = 100;
const logins = 10;
/** htpasswd's own default is 5; 10 is what most recommend. */
const cost = 10;

interface Order {
  readonly port: number;
  /** The first of the users who log in: nobody twice, since who is known is not compared again. */
  readonly first: number;
  readonly guessing: boolean;
}

interface Felt {
  readonly askedMs: number[];
  readonly loginMs: number[];
  readonly guessedMs: number;
  readonly refused: number;
}

function send(
  port: number,
  localAddress: string,
  path: string,
  options: object,
  body?: string,
  agent?: Agent,
) {
  return new Promise<number>((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, localAddress, path, ...(agent && { agent }), ...options },
      (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0)),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const form = { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
const login = (port: number, from: string, user: string, password: string, agent?: Agent) =>
  send(port, from, '/login', form, `username=${user}&password=${password}`, agent);

/** In the process of the clients: guesses if asked to, asks and logs in from elsewhere all the while. */
async function clients({ port, first, guessing }: Order): Promise<Felt> {
  const felt = { askedMs: [] as number[], loginMs: [] as number[] };
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const own = new Agent({ keepAlive: true });
  const Authorization = `Basic ${Buffer.from('bob:bob-pw').toString('base64')}`;
  const began = performance.now();
  let left = guessing ? guesses : 0;
  let refused = 0;
  const guess = async () => {
    while (left-- > 0)
      if ((await login(port, '127.0.0.9', `user${left % 20}`, `${left}`, agent)) === 401) refused++;
  };
  const guessers = Promise.all(Array.from({ length: parallel }, guess)).then(() => performance.now() - began);
  let done = false;
  const ask = async () => {
    while (!done) {
      const sent = performance.now();
      const status = await send(port, '127.0.0.2', '/api', { headers: { Authorization } }, undefined, own);
      if (status !== 200) throw new Error(`bob was answered ${status}`);
      felt.askedMs.push(performance.now() - sent);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const asking = ask();
  for (let count = first; count < first + logins; count++) {
    const sent = performance.now();
    const status = await login(port, '127.0.0.3', `carol${count}`, 'carol-pw');
    if (status !== 200) throw new Error(`carol was answered ${status}`);
    felt.loginMs.push(performance.now() - sent);
  }
  const guessedMs = await guessers;
  done = true;
  await asking;
  return { ...felt, guessedMs, refused };
}

if (process.send !== undefined && process.argv[2] === 'clients') {
  process.on('message', (order: Order) => {
    void clients(order).then((felt) => process.send?.(felt));
  });
}

const shown = (ms: number) => `${ms.toFixed(1)} ms`;
const last = (values: readonly number[], part: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;

async function felt(child: ChildProcess, order: Order): Promise<Felt> {
  child.send(order);
  return (await once(child, 'message'))[0] as Felt;
}

export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-login-'));
  const users = ['bob', ...Array.from({ length: 2 * logins }, (_, at) => `carol${at}`)];
  const words = ['bob-pw', 'carol-pw'];
  const hashes = await Promise.all(words.map((word) => hash(word, cost)));
  const lines = users.map((user, at) => `${user}:${hashes[Math.min(at, 1)]}`);
  writeFileSync(join(folder, 'users'), `${lines.join('\n')}\n`);
  const { config } = await loadConfig({
    files: [],
    env: {},
    defaultFile: '/nowhere',
    rooms: roomKeys,
    options: {
      'analyzer.listen': '127.0.0.1:0',
      'etcd.listen': '127.0.0.1:0',
      'etcd.data_dir': join(folder, 'etcd'),
      'analyzer.topology.backend': 'memory',
      'analyzer.flow.backend': 'memory',
      'flow.protocol': 'websocket',
      'auth.file.type': 'basic',
      'auth.file.file': join(folder, 'users'),
      'analyzer.auth.api.backend': 'file',
    },
  });
  const analyzer = new Analyzer(config, silentLogger);
  const child = fork(fileURLToPath(import.meta.url), ['clients']);
  try {
    const { port } = await analyzer.start();
    const quiet = await felt(child, { port, first: 0, guessing: false });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const before = process.cpuUsage();
    const attacked = await felt(child, { port, first: logins, guessing: true });
    const used = process.cpuUsage(before);
    delay.disable();
    const cpu = `${((used.user + used.system) / 1e6).toFixed(2)} s`;
    const rows = [
      {
        measure: `${guesses} wrong logins, ${parallel} at once, bcrypt of cost ${cost}: refused`,
        value: `${attacked.refused}`,
        cpu,
      },
      { measure: 'all of them answered after', value: shown(attacked.guessedMs) },
      { measure: 'event loop meanwhile, p99', value: shown(delay.percentile(99) / 1e6), goal: '≤ 20 ms' },
      { measure: 'event loop meanwhile, longest', value: shown(delay.max / 1e6), goal: '≤ 50 ms' },
    ];
    for (const [name, at] of Object.entries({ before: quiet, meanwhile: attacked })) {
      rows.push(
        { measure: `another user's requests ${name}, median`, value: shown(median(at.askedMs)) },
        { measure: `another user's requests ${name}, p99`, value: shown(last(at.askedMs, 0.99)) },
        { measure: `other users' logins ${name}, median`, value: shown(median(at.loginMs)) },
        { measure: `other users' logins ${name}, longest`, value: shown(last(at.loginMs, 1)) },
      );
    }
    return rows;
  } finally {
    child.kill();
    await analyzer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
