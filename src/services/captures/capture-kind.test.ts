// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SkydiveError } from '../../errors.js';
import { decodeCapture } from '../../flow/decode-capture.js';
import { admitCapture, captureKind, validateCapture } from './capture-kind.js';

const query = "G.V().Has('Name', 'eth0')";

/** Members → why they are refused; undefined: they are fine. */
const rows: [members: Record<string, unknown>, refusal: RegExp | undefined][] = [
  [{}, undefined],
  [{ GremlinQuery: '' }, /^GremlinQuery: Not a valid Gremlin expression: ./],
  [{ GremlinQuery: 'G.V(' }, /^GremlinQuery: Not a valid Gremlin expression: ./],
  [{ GremlinQuery: 'V()' }, /^GremlinQuery: Not a valid Gremlin expression: ./],
  [{ GremlinQuery: "g.V().Has('TID', 'x')" }, undefined],
  [{ GremlinQuery: "G.V().ShortestPathTo(Metadata('Type', 'host'))" }, undefined],
  [{ GremlinQuery: 'G.Flows().CaptureNode()' }, undefined],
  [{ GremlinQuery: 5 }, /^GremlinQuery has to be a string$/],
  [{ BPFFilter: 'tcp port 80' }, undefined],
  [{ BPFFilter: 'host fd00::1 and not (udp or arp)' }, undefined],
  [
    { BPFFilter: 'tcp port' },
    /^BPFFilter: Not a valid BPF expression: can't parse filter expression: syntax error$/,
  ],
  [
    { BPFFilter: 'host db.example' },
    /^BPFFilter: Not a valid BPF expression: names are not looked up: write the address/,
  ],
  ...[
    'ovssflow',
    'pcapsocket',
    'ovsmirror',
    'dpdk',
    'afpacket',
    'pcap',
    'ebpf',
    'sflow',
    'ovsnetflow',
    'netflow',
  ].map((Type): [Record<string, unknown>, undefined] => [{ Type }, undefined]),
  [
    { Type: 'AFPACKET' },
    /^Type: Not a valid capture type: AFPACKET, available types: \[ovssflow pcapsocket ovsmirror dpdk afpacket pcap ebpf sflow ovsnetflow netflow\]$/,
  ],
  [{ RawPacketLimit: 10 }, undefined],
  [{ RawPacketLimit: 11 }, /^RawPacketLimit: A valid raw packet limit size is > 0 && <= 10$/],
  [{ RawPacketLimit: -1 }, /^RawPacketLimit: A valid raw packet limit size/],
  [{ RawPacketLimit: 1.5 }, /^RawPacketLimit has to be an integer$/],
  [{ HeaderSize: 14 }, undefined],
  [{ HeaderSize: 4096 }, undefined],
  [{ HeaderSize: 13 }, /^HeaderSize: A valid header size is >= 14 && <= 4096$/],
  [{ HeaderSize: 4097 }, /^HeaderSize: A valid header size/],
  [{ HeaderSize: -14 }, /^HeaderSize: A valid header size/],
  [{ LayerKeyMode: 'L3' }, undefined],
  [{ LayerKeyMode: 'l3' }, /^LayerKeyMode: Not a valid layer key mode$/],
  [{ Target: '192.0.2.1:2055' }, undefined],
  [{ Target: ':2055' }, undefined],
  [{ Target: '2055' }, undefined],
  [{ Target: '[fd00::1]:http' }, undefined],
  [{ Target: 'a:b:c' }, /^Target: Not a valid address$/],
  [{ Target: '192.0.2.1:70000' }, /^Target: Not a valid address$/],
  [{ TargetType: 'anything' }, undefined],
  [{ SamplingRate: 4_294_967_295, PollingInterval: 0 }, undefined],
  [{ SamplingRate: -1 }, /^SamplingRate has to be an integer from 0 to 4294967295$/],
  [{ PollingInterval: 4_294_967_296 }, /^PollingInterval has to be an integer from 0/],
  ...[-1, 0, 2055, 65_535].map((Port): [Record<string, unknown>, undefined] => [{ Port }, undefined]),
  [{ Port: 65_536 }, /^Port: A valid port is <= 65535$/],
  [{ Port: '80' }, /^Port has to be an integer$/],
  [{ ExtraTCPMetric: 'yes' }, /^ExtraTCPMetric has to be true or false$/],
  [{ IPDefrag: 1 }, /^IPDefrag has to be true or false$/],
  [{ ReassembleTCP: null, Unknown: {} }, undefined],
];

for (const [members, refusal] of rows) {
  test(`a capture with ${JSON.stringify(members)} is ${refusal === undefined ? 'fine' : 'refused'}`, () => {
    const check = () => validateCapture(decodeCapture({ GremlinQuery: query, ...members }));
    if (refusal === undefined) check();
    else assert.throws(check, { code: 'SKY_E_BAD_REQUEST', message: refusal });
  });
}

test('a capture that is no object is refused', () => {
  for (const value of [null, [], 'x', 5]) {
    assert.throws(() => decodeCapture(value), { message: 'a capture has to be a JSON object' });
  }
});

test('members are in the order of the original, empty ones left out', () => {
  const shuffled = {
    UUID: 'u',
    TargetType: 'local',
    Target: ':1',
    ExtraLayers: 7,
    LayerKeyMode: 'L2',
    ReassembleTCP: true,
    IPDefrag: true,
    ExtraTCPMetric: true,
    HeaderSize: 20,
    RawPacketLimit: 1,
    PollingInterval: 2,
    SamplingRate: 3,
    Port: 4,
    Count: 5,
    Type: 'sflow',
    Description: 'd',
    Name: 'n',
    BPFFilter: 'arp',
    GremlinQuery: query,
  };
  const order = Object.keys(shuffled).reverse();
  assert.deepEqual(Object.keys(decodeCapture(shuffled)), order);
  assert.deepEqual(decodeCapture(shuffled), shuffled);
  assert.equal(
    JSON.stringify(decodeCapture({ Name: '', Port: 0 })),
    '{"Count":0,"SamplingRate":0,"PollingInterval":0,"ExtraTCPMetric":false,"IPDefrag":false,"ReassembleTCP":false,"UUID":""}',
  );
});

test('a type that cannot do what is asked for is refused', () => {
  const able: [members: object, refusal: string | undefined][] = [
    [{ Type: 'ebpf', BPFFilter: 'tcp' }, "ebpf capture doesn't support BPF filtering"],
    [{ Type: 'netflow', BPFFilter: 'tcp' }, "netflow capture doesn't support BPF filtering"],
    [{ Type: 'ebpf', RawPacketLimit: 1 }, "ebpf capture doesn't support raw packet capture"],
    [{ Type: 'ebpf', ExtraTCPMetric: true }, undefined],
    [{ Type: 'dpdk', BPFFilter: 'tcp', RawPacketLimit: 1, ExtraTCPMetric: true }, undefined],
    [{ BPFFilter: 'tcp', RawPacketLimit: 1, ExtraTCPMetric: true }, undefined],
  ];
  for (const [members, refusal] of able) {
    const check = () => admitCapture(decodeCapture({ GremlinQuery: query, ...members }), []);
    if (refusal === undefined) check();
    else assert.throws(check, { code: 'SKY_E_BAD_REQUEST', message: refusal });
  }
});

test('the twin of a capture is refused', () => {
  const present = [
    { GremlinQuery: query },
    { GremlinQuery: query, Type: 'pcap', BPFFilter: 'tcp' },
    { GremlinQuery: query, Type: 'sflow', BPFFilter: 'tcp' },
  ].map(decodeCapture);
  const twins: [members: object, isTwin: boolean][] = [
    [{}, true],
    [{ Name: 'another', RawPacketLimit: 3 }, true],
    [{ BPFFilter: 'icmp' }, false],
    [{ Type: 'afpacket' }, false],
    [{ Type: 'pcap' }, false],
    [{ Type: 'pcap', BPFFilter: 'tcp' }, true],
    [{ Type: 'pcap', BPFFilter: 'udp' }, false],
    // One of those a node.
    [{ Type: 'sflow', BPFFilter: 'udp' }, true],
    [{ Type: 'sflow' }, true],
    [{ GremlinQuery: 'G.V()', Type: 'sflow' }, false],
  ];
  for (const [members, isTwin] of twins) {
    const check = () => admitCapture(decodeCapture({ GremlinQuery: query, ...members }), present);
    if (!isTwin) check();
    else {
      assert.throws(check, (error) => {
        assert.ok(error instanceof SkydiveError);
        assert.deepEqual(
          [error.status, error.message],
          [409, 'duplicated resource'],
          JSON.stringify(members),
        );
        return true;
      });
    }
  }
});

test('a new capture gets the configured layer key mode, unless it says one', () => {
  const kind = captureKind({ defaultLayerKeyMode: 'L3', count: async () => 0 });
  const mode = (members: object) => kind.complete?.(decodeCapture(members)).LayerKeyMode;
  assert.equal(mode({}), 'L3');
  assert.equal(mode({ LayerKeyMode: 'L2' }), 'L2');
});
