// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomKeys } from '../cli/keys.js';
import { loadConfig } from '../config/load.js';
import { silentLogger } from '../log/logger.js';
import type { Capture } from './capture.js';
import type { CapturedNode } from './probes/probe.js';
import { tableOptions } from './table-options.js';

const capture: Capture = {
  UUID: 'c1',
  Count: 0,
  SamplingRate: 1,
  PollingInterval: 10,
  ExtraTCPMetric: false,
  IPDefrag: false,
  ReassembleTCP: false,
};
const node: CapturedNode = {
  id: 'n1',
  name: 'eth0',
  type: 'device',
  tid: 't1',
  encapType: 'ether',
  metadata: {},
};

async function configOf(text: string) {
  async function* stdin() {
    yield Buffer.from(text);
  }
  return (await loadConfig({ files: ['-'], env: {}, options: {}, rooms: roomKeys, stdin })).config;
}

test('a capture without options gives the original default table', async () => {
  assert.deepEqual(tableOptions(capture, node, await configOf('{}'), silentLogger), {
    nodeTid: 't1',
    captureId: 'c1',
    layerKeyMode: 'L2',
    extraTcpMetric: false,
    reassembleTcp: false,
    ipDefrag: false,
    extraLayers: 0,
    rawPacketLimit: 0,
    maxEntries: 500_000,
    tcpPorts: {},
    udpPorts: {},
    applicationTimeoutsMs: { ARP: 10_000, DNS: 10_000 },
    flowsPerMessage: 1,
  });
});

test('each option of a capture and each key reaches the table', async () => {
  const config = await configOf(`
flow:
  max_entries: 7
  protocol: WebSocket
  application_timeout: { tls: 3 }
  application_ports:
    tcp: { 8080: http, bad: name, 70000: far }
    udp: { 5353: mdns }
`);
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  const options = tableOptions(
    {
      ...capture,
      LayerKeyMode: 'L3',
      ExtraTCPMetric: true,
      IPDefrag: true,
      ReassembleTCP: true,
      ExtraLayers: 5,
      RawPacketLimit: 9,
    },
    { ...node, metadata: { MPLSUDPPort: 51234 } },
    config,
    logger,
  );
  assert.deepEqual(options, {
    nodeTid: 't1',
    captureId: 'c1',
    layerKeyMode: 'L3',
    extraTcpMetric: true,
    reassembleTcp: true,
    ipDefrag: true,
    extraLayers: 5,
    rawPacketLimit: 9,
    mplsUdpPorts: [51234],
    maxEntries: 7,
    tcpPorts: { 8080: 'HTTP' },
    udpPorts: { 5353: 'MDNS' },
    applicationTimeoutsMs: { TLS: 3000 },
    flowsPerMessage: 10,
  });
  assert.deepEqual(warnings.sort(), [
    "flow.application_ports.tcp: '70000' is no port, its application 'far' is left out",
    "flow.application_ports.tcp: 'bad' is no port, its application 'name' is left out",
  ]);
});
