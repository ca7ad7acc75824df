// SPDX-License-Identifier: Apache-2.0
// cli.md §5, `client injection`: what is sent for each option, and what is printed of the answers.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { skydive, withRecorder } from './cli-fixture.js';

const defaults = {
  Src: '',
  Dst: '',
  SrcIP: '',
  DstIP: '',
  SrcMAC: '',
  DstMAC: '',
  SrcPort: 0,
  DstPort: 0,
  Type: 'icmp4',
  Payload: '',
  ICMPID: 0,
  Count: 1,
  Interval: 0,
  Mode: 'unique',
  IncrementPayload: 0,
  Pcap: null,
  TTL: 64,
};

const rows: [options: string[], sent: Record<string, unknown>, ttl: string][] = [
  [['--src', 'G.V()', '--dst', 'G.V().Limit(1)'], { Src: 'G.V()', Dst: 'G.V().Limit(1)' }, '5s'],
  [['--src-ip', '10.0.0.1', '--dst-ip', 'fd00::1'], { SrcIP: '10.0.0.1', DstIP: 'fd00::1' }, '5s'],
  [['--src-ip', 'nonsense'], {}, '5s'],
  [
    ['--src-mac', '02:00:00:00:00:01', '--dst-mac', '02-00-00-00-00-02'],
    { SrcMAC: '02:00:00:00:00:01', DstMAC: '02:00:00:00:00:02' },
    '5s',
  ],
  [
    ['--type', 'tcp6', '--src-port', '7', '--dst-port', '65535'],
    { Type: 'tcp6', SrcPort: 7, DstPort: 65535 },
    '5s',
  ],
  [['--count', '10', '--interval', '1000'], { Count: 10, Interval: 1000 }, '15s'],
  [
    ['--payload', 'hello', '--inc-payload', '3', '--id', '9', '--mode', 'random', '--ttl', '3'],
    { Payload: 'hello', IncrementPayload: 3, ICMPID: 9, Mode: 'random', TTL: 3 },
    '5s',
  ],
];

for (const [options, sent, ttl] of rows) {
  for (const group of ['injection', 'inject-packet']) {
    test(`client ${group} create ${options.join(' ')}`, async () => {
      await withRecorder({ status: 201, body: '{"UUID":"u"}' }, async (analyzer, requests) => {
        const command = ['client', group, 'create', ...options, '--analyzer', analyzer];
        const { code, stdout, stderr } = await skydive(command);
        assert.equal(code, 0, stderr);
        assert.equal(stdout, '{\n  "UUID": "u"\n}\n');
        const [request] = requests;
        assert.deepEqual([request?.method, request?.url], ['POST', '/api/injectpacket']);
        assert.equal(request?.headers['x-resource-ttl'], ttl);
        assert.deepEqual(JSON.parse(request!.body), { ...defaults, ...sent });
      });
    });
  }
}

test('client injection create --pcap sends the file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'skydive-injection-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'a.pcap');
  writeFileSync(file, 'abc');
  await withRecorder({ status: 201, body: '{"UUID":"u"}' }, async (analyzer, requests) => {
    const command = ['client', 'injection', 'create', '--pcap', file, '--analyzer', analyzer];
    assert.equal((await skydive(command)).code, 0);
    assert.equal((JSON.parse(requests[0]!.body) as { Pcap: string }).Pcap, 'YWJj');
  });
});

test('client injection list, get and delete ask for what they say', async () => {
  await withRecorder({ body: '{}' }, async (analyzer, requests) => {
    for (const words of [['list'], ['get', 'one'], ['delete', 'one', 'two']]) {
      const { code, stderr } = await skydive(['client', 'injection', ...words, '--analyzer', analyzer]);
      assert.equal(code, 0, stderr);
    }
    assert.deepEqual(
      requests.map(({ method, url }) => `${method} ${url}`),
      [
        'GET /api/injectpacket',
        'GET /api/injectpacket/one',
        'DELETE /api/injectpacket/one',
        'DELETE /api/injectpacket/two',
      ],
    );
  });
});
