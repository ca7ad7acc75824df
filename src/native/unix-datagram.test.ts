// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { addon } from './addon.js';

const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
n = 0
while True:
    text = s.recv(65536).decode()
    if text == "end": break
    n += 1
    last = text
print(n, last, flush=True)
`;

interface Receiver {
  readonly path: string;
  readonly child: ChildProcess;
  /** Its next line: what it prints may come in pieces. */
  line(): Promise<string>;
}

/** Node has no datagram socket of the Unix domain, so Python plays the system log. */
async function withReceiver(run: (receiver: Receiver) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'skydive-datagram-'));
  const path = join(folder, 'log');
  const child = spawn('python3', ['-c', receiver, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  try {
    assert.equal(await line(), 'ready');
    await run({ path, child, line });
  } finally {
    child.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

const python = spawnSync('python3', ['--version']).status === 0;

test('UnixDatagram sends until the receiver is full, says so, and the receiver gets what was sent', async (t) => {
  if (!python) return t.skip('needs python3');
  await withReceiver(async ({ path, child, line }) => {
    const socket = new (addon().UnixDatagram)(path);
    let sent = 0;
    while (sent < 100_000 && socket.send(`message ${sent}`)) sent++;
    assert.ok(sent > 0 && sent < 100_000, `${sent} sent before the queue was full`);
    child.stdin!.write('\n');
    while (!socket.send('end')) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await line(), `${sent} message ${sent - 1}`);
    socket.close();
    assert.throws(() => socket.send('x'), /the socket is closed/);
  });
});

test('UnixDatagram throws when the receiver is gone', async (t) => {
  if (!python) return t.skip('needs python3');
  await withReceiver(async ({ path, child }) => {
    const socket = new (addon().UnixDatagram)(path);
    const ended = once(child, 'exit');
    child.kill();
    await ended;
    assert.throws(() => socket.send('x'), /cannot send to the datagram socket: Connection refused/);
    socket.close();
  });
});

test('UnixDatagram names the path nobody listens on', () => {
  const { UnixDatagram } = addon();
  assert.equal(existsSync('/nowhere'), false);
  assert.throws(() => new UnixDatagram('/nowhere'), /cannot connect to \/nowhere: No such file/);
  assert.throws(() => new UnixDatagram(''), /File name too long/);
  assert.throws(() => new UnixDatagram('x'.repeat(200)), /File name too long/);
});
