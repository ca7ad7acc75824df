// SPDX-License-Identifier: Apache-2.0
// cli.md §5, `client capture`: what is sent for each option, and what is printed of the answers.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { captureKind } from '../../src/services/captures/capture-kind.js';
import { KvResource } from '../../src/services/resources/kv-resource.js';
import { scratchKv } from '../../src/store/kv/scratch-kv.js';
import { withApi } from './api-fixture.js';
import { type Finished, skydive, withRecorder } from './cli-fixture.js';

const defaults = {
  LayerKeyMode: 'L2',
  SamplingRate: 1,
  PollingInterval: 10,
  ExtraTCPMetric: false,
  IPDefrag: false,
  ReassembleTCP: false,
};

const rows: [options: string[], sent: Record<string, unknown>][] = [
  [['--gremlin', 'G.V()'], { GremlinQuery: 'G.V()' }],
  [['--node', 't-1'], { GremlinQuery: "g.V().Has('TID', 't-1')" }],
  [
    ['--bpf', 'tcp port 80', '--name', 'n', '--description', 'd e', '--type', 'pcap'],
    { BPFFilter: 'tcp port 80', Name: 'n', Description: 'd e', Type: 'pcap' },
  ],
  [
    ['--port', '6344', '--samplingrate', '5', '--pollinginterval', '6'],
    { Port: 6344, SamplingRate: 5, PollingInterval: 6 },
  ],
  [['--header-size', '64', '--rawpacket-limit', '3'], { HeaderSize: 64, RawPacketLimit: 3 }],
  [['--rawpacket-limit', '-1'], { RawPacketLimit: -1 }],
  [
    ['--extra-tcp-metric', '--ip-defrag', '--reassamble-tcp'],
    { ExtraTCPMetric: true, IPDefrag: true, ReassembleTCP: true },
  ],
  [['--layer-key-mode', 'L3'], { LayerKeyMode: 'L3' }],
  [['--extra-layer', 'DNS', '--extra-layer', 'VRRP'], { ExtraLayers: 3 }],
  [['--extra-layer', 'DHCPv4,DNS'], { ExtraLayers: 6 }],
  [
    ['--target', '192.0.2.1:2055', '--target-type', 'netflowv5'],
    { Target: '192.0.2.1:2055', TargetType: 'netflowv5' },
  ],
];

for (const [options, sent] of rows) {
  test(`capture create ${options.join(' ')}`, async () => {
    await withRecorder({ status: 201, body: '{"UUID":"u"}' }, async (analyzer, requests) => {
      const { code, stdout, stderr } = await skydive([
        'client',
        'capture',
        'create',
        ...options,
        '--analyzer',
        analyzer,
      ]);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, '{\n  "UUID": "u"\n}\n');
      const [request] = requests;
      assert.deepEqual([request?.method, request?.url], ['POST', '/api/capture']);
      assert.equal(request?.headers['x-resource-ttl'], undefined);
      assert.deepEqual(JSON.parse(request!.body), { ...defaults, ...sent });
    });
  });
}

test('capture create --ttl is sent as a Go duration', async () => {
  await withRecorder({ status: 201, body: '{"UUID":"u"}' }, async (analyzer, requests) => {
    for (const ttl of ['90500', '0']) {
      const command = ['client', 'capture', 'create', '--gremlin', 'G', '--ttl', ttl, '--analyzer', analyzer];
      assert.equal((await skydive(command)).code, 0);
    }
    assert.deepEqual(
      requests.map(({ headers }) => headers['x-resource-ttl']),
      ['1m30.5s', undefined],
    );
  });
});

const refusals: [options: string[], message: RegExp][] = [
  [['--gremlin', 'G.V()', '--node', 't'], /Options --node and --gremlin are exclusive/],
  [['--extra-layer', 'OSPF'], /Extra layer not supported: OSPF; there are VRRP, DNS, DHCPv4/],
  [['--port', 'x'], /--port.*It has to be an integer/],
  [['--samplingrate', '-1'], /--samplingrate.*It must not be negative/],
];

for (const [options, message] of refusals) {
  test(`capture create ${options.join(' ')} is refused before anything is sent`, async () => {
    await withRecorder({}, async (analyzer, requests) => {
      const { code, stdout, stderr } = await skydive([
        'client',
        'capture',
        'create',
        ...options,
        '--analyzer',
        analyzer,
      ]);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.equal(requests.length, 0);
    });
  });
}

async function withCaptures(
  t: TestContext,
  use: (run: (...args: string[]) => Promise<Finished>) => Promise<void>,
): Promise<void> {
  const kind = captureKind({ defaultLayerKeyMode: 'L2', count: async () => 2 });
  const resource = new KvResource(kind, await scratchKv(t), silentLogger);
  const source = new Graph({ host: 'an1', origin: 'analyzer.an1' });
  await withApi({ source, resources: [resource] }, async ({ port }) => {
    await use((...args) => skydive(['client', 'capture', ...args, '--analyzer', `127.0.0.1:${port}`]));
  });
}

test('captures are made, listed in the order of their ids, shown and deleted', async (t) => {
  await withCaptures(t, async (run) => {
    const made: { UUID: string }[] = [];
    for (const name of ['a', 'b']) {
      const { code, stdout, stderr } = await run('create', '--gremlin', `G.V().Has('Name', '${name}')`);
      assert.equal(code, 0, stderr);
      made.push(JSON.parse(stdout) as { UUID: string });
    }
    const ids = made.map(({ UUID }) => UUID).sort();
    const list = await run('list');
    const listed = JSON.parse(list.stdout) as Record<string, { Count: number }>;
    assert.deepEqual(Object.keys(listed), ids);
    assert.equal(list.stdout, `${JSON.stringify(listed, null, 2)}\n`);
    const shown = await run('get', ids[0]!);
    assert.equal(shown.code, 0, shown.stderr);
    assert.deepEqual(JSON.parse(shown.stdout), listed[ids[0]!]);
    assert.equal(listed[ids[0]!]?.Count, 2);

    const gone = await run('delete', ids[0]!, 'nope', ids[1]!);
    assert.deepEqual([gone.code, gone.stdout], [0, '']);
    assert.match(gone.stderr, /Failed to delete capture, 404 Not Found: Capture 'nope' not found\n$/);
    assert.equal((await run('list')).stdout, '{}\n');
    const lost = await run('get', ids[0]!);
    assert.equal(lost.code, 1);
    assert.match(lost.stderr, /Failed to get capture, 404 Not Found: Capture '.*' not found\n$/);
  });
});

test('a capture that the analyzer refuses says which member and why', async (t) => {
  await withCaptures(t, async (run) => {
    const wrong: [options: string[], message: RegExp][] = [
      [[], /GremlinQuery: Not a valid Gremlin expression: /],
      [['--gremlin', 'G.V('], /GremlinQuery: Not a valid Gremlin expression: /],
      [['--gremlin', 'G.V()', '--bpf', 'tcp port'], /BPFFilter: Not a valid BPF expression: .*syntax error/],
      [
        ['--gremlin', 'G.V()', '--type', 'x'],
        /Type: Not a valid capture type: x, available types: \[ovssflow /,
      ],
      [['--gremlin', 'G.V()', '--header-size', '5'], /HeaderSize: A valid header size is >= 14 && <= 4096/],
      [['--gremlin', 'G.V()', '--rawpacket-limit', '11'], /RawPacketLimit: A valid raw packet limit size/],
      [['--gremlin', 'G.V()', '--layer-key-mode', 'L4'], /LayerKeyMode: Not a valid layer key mode/],
      [['--gremlin', 'G.V()', '--target', 'a:b:c'], /Target: Not a valid address/],
      [
        ['--gremlin', 'G.V()', '--type', 'ebpf', '--bpf', 'tcp'],
        /ebpf capture doesn't support BPF filtering/,
      ],
    ];
    for (const [options, message] of wrong) {
      const { code, stdout, stderr } = await run('create', ...options);
      assert.deepEqual([code, stdout], [1, ''], options.join(' '));
      assert.match(stderr, message);
      assert.match(stderr, /Failed to create capture, 400 Bad Request: /);
    }
    assert.equal((await run('create', '--gremlin', 'G.V()')).code, 0);
    const twin = await run('create', '--gremlin', 'G.V()');
    assert.equal(twin.code, 1);
    assert.match(twin.stderr, /Failed to create capture, 409 Conflict: duplicated resource\n$/);
  });
});
