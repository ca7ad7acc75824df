// SPDX-License-Identifier: Apache-2.0
// Capture files sent to an analyzer, by the command line and by hand, and asked for afterwards.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { flowsOfPcap } from '../../src/flow/pcap.js';
import { eventually } from '../netns/eventually.js';
import { skydive } from './cli-fixture.js';
import { startAnalyzer } from './trust-fixture.js';

const file = join(import.meta.dirname, '../../../test/golden/pcap/transport.pcap');
const bytes = readFileSync(file);

async function uuidsOf(pcap: Buffer): Promise<string[]> {
  const uuids: string[] = [];
  const pieces = async function* () {
    yield pcap;
  };
  await flowsOfPcap(pieces(), { format: 'json' }, (texts) => {
    for (const text of texts)
      uuids.push(...(JSON.parse(String(text)) as { UUID: string }[]).map(({ UUID }) => UUID));
  });
  return uuids.sort();
}

/** Seconds of the first packet of the file. */
const second = bytes.readUInt32LE(24);

async function stored(port: number): Promise<string[]> {
  const GremlinQuery = `G.At(${second + 1}, 3600).Flows()`;
  const answer = await fetch(`http://127.0.0.1:${port}/api/topology`, {
    method: 'POST',
    body: JSON.stringify({ GremlinQuery }),
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return (JSON.parse(text) as { UUID: string }[]).map(({ UUID }) => UUID).sort();
}

/** Sends a file in chunks of unknown total. */
function send(port: number, pieces: readonly Uint8Array[]): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/api/pcap', method: 'POST' }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    for (const piece of pieces) asked.write(piece);
    asked.end();
  });
}

test('the flows of a capture file are found at the time of its packets', { timeout: 60_000 }, async (t) => {
  const { port } = await startAnalyzer(t, { 'analyzer.topology.backend': 'level' });
  const { code, stdout, stderr } = await skydive([
    ...['client', 'pcap', '--trace', file, '--analyzer', `127.0.0.1:${port}`],
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${file} was successfully imported\n`);
  const wanted = await uuidsOf(bytes);
  assert.ok(wanted.length > 3);
  await eventually(async () => assert.deepEqual(await stored(port), wanted));
});

test('a compressed file that comes in pieces is taken, too', { timeout: 60_000 }, async (t) => {
  const { port } = await startAnalyzer(t, { 'analyzer.topology.backend': 'level' });
  const packed = gzipSync(bytes);
  const pieces = [packed.subarray(0, 1), packed.subarray(1, 700), packed.subarray(700)];
  assert.deepEqual(await send(port, pieces), { status: 202, text: '' });
  const wanted = await uuidsOf(bytes);
  await eventually(async () => assert.deepEqual(await stored(port), wanted));
});

test('what is no capture file is refused, and others are not kept waiting', {
  timeout: 60_000,
}, async (t) => {
  const { port } = await startAnalyzer(t, { 'analyzer.topology.backend': 'level' });
  for (const pieces of [[], [Buffer.from('no capture file, though long enough for one')]]) {
    const { status, text } = await send(port, pieces);
    assert.equal(status, 400);
    assert.match(text, /^the capture file cannot be read: /);
  }
  assert.equal((await send(port, [bytes])).status, 202);
  const folder = mkdtempSync(join(tmpdir(), 'skydive-pcap-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const none = join(folder, 'none.pcap');
  writeFileSync(none, 'nothing of the kind, and long enough to be looked at');
  for (const [trace, reason] of [
    [none, /Failed to import .*none\.pcap, 400 Bad Request: the capture file cannot be read/],
    [join(folder, 'absent'), /--trace .*absent: ENOENT/],
  ] as const) {
    const { code, stderr } = await skydive([
      ...['client', 'pcap', '-t', trace, '--analyzer', `127.0.0.1:${port}`],
    ]);
    assert.equal(code, 1);
    assert.match(stderr, reason);
  }
});

test('a client that goes within its file takes nobody with it', { timeout: 60_000 }, async (t) => {
  const { port } = await startAnalyzer(t, { 'analyzer.topology.backend': 'level' });
  await new Promise<void>((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/api/pcap', method: 'POST' });
    asked.on('error', () => resolve());
    asked.write(bytes.subarray(0, 500), () => asked.destroy(new Error('gone')));
  });
  assert.equal((await send(port, [bytes])).status, 202);
});
