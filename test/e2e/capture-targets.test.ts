// SPDX-License-Identifier: Apache-2.0
// Captures whose flows or packets go elsewhere, from the API to the collector.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { flowsOfPcap } from '../../src/flow/pcap.js';
import type { Flow } from '../golden/flows.js';
import { eventually } from '../netns/eventually.js';
import { hasPrograms } from '../netns/has-programs.js';
import { Nfcapd } from '../netns/nfcapd.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { CapturedHost } from './captured-host.js';

const query = { GremlinQuery: "G.V().Has('Name', 'va')" };

test('flows go to a collector that comes into reach later, and nowhere else', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t) || !hasPrograms(t, 'nfcapd', 'nfdump')) return;
  const scene = await CapturedHost.up(t, { SKYDIVE_FLOW_UPDATE: '1' });
  await scene.start();
  const uuid = await scene.create({ ...query, TargetType: 'netflowv5', Target: '10.77.0.2:2055' });
  await scene.active([uuid]);
  await eventually(async () => {
    await scene.ping(1);
    const [shown] = await scene.captures();
    assert.equal(shown?.['TargetError'], 'Network is unreachable', scene.agent.log);
    assert.ok((shown?.['TargetFailed'] as number) > 0);
    assert.equal(shown?.State, 'active');
  }, 20_000);
  assert.match(
    scene.agent.log,
    /netflowv5 target 10\.77\.0\.2:2055 of capture .* did not go out: Network is unreachable/,
  );
  assert.deepEqual(await scene.query("G.V().Has('Name', 'va').Flows()"), []);

  // It listens before there is a way to it: what is sent arrives.
  const nfcapd = await Nfcapd.start(t, 2055, '0.0.0.0', scene.far);
  await scene.link('vb', 77);
  await eventually(async () => {
    await scene.ping(1);
    const [shown] = await scene.captures();
    assert.ok((shown?.['TargetSent'] as number) > 1);
  }, 20_000);
  await scene.delete(uuid);
  await scene.active([]);
  const echoes = (await nfcapd.records()).filter(({ proto }) => proto === 1);
  const ends = new Set(echoes.map((row) => `${row.src4_addr} ${row.dst4_addr}`));
  assert.deepEqual([...ends].sort(), ['10.9.0.1 10.9.0.2', '10.9.0.2 10.9.0.1']);
  for (const row of echoes) assert.equal(row.in_bytes, 84 * row.in_packets);
});

test('packets are mirrored over the very interface that is captured, each once', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t) || !hasPrograms(t, 'tcpdump')) return;
  const scene = await CapturedHost.up(t);
  await scene.start();
  const folder = mkdtempSync(join(tmpdir(), 'mirrored-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'mirrored.pcap');
  const words = ['-Z', 'root', '-U', '-i', 'va-far', '-w', file, 'proto 47'];
  const dump = spawn('ip', ['netns', 'exec', scene.far.name, 'tcpdump', ...words]);
  t.after(() => dump.kill('SIGKILL'));
  let said = '';
  dump.stderr.on('data', (text) => {
    said += String(text);
  });
  await eventually(() => assert.match(said, /listening on va-far/));
  const mirrors = { TargetType: 'erspanv1', Target: '10.9.0.2:1', BPFFilter: 'not arp' };
  const uuid = await scene.create({ ...query, ...mirrors });
  await scene.active([uuid]);
  const count = 10;
  await scene.ping(count);
  await eventually(async () => {
    const [shown] = await scene.captures();
    assert.deepEqual(
      [shown?.['TargetSent'], shown?.['TargetFailed'], shown?.['TargetDropped']],
      [2 * count, 0, 0],
    );
  }, 15_000);
  await scene.delete(uuid);
  await scene.active([]);
  const flows: Flow[] = [];
  await eventually(async () => {
    flows.splice(0);
    await flowsOfPcap(createReadStream(file), { format: 'json', flowsPerMessage: 1000 }, (messages) => {
      for (const message of messages) flows.push(...(JSON.parse(message.toString()) as Flow[]));
    });
    const sums = flows.map(({ LayersPath, Network, Metric }) => [
      LayersPath,
      `${Network?.A} ${Network?.B}`,
      `${Metric.ABPackets}/${Metric.ABBytes} ${Metric.BAPackets}/${Metric.BABytes}`,
    ]);
    // Ethernet 14, IP 20, GRE 8, ERSPAN 8, the frame, its CRC 4.
    assert.deepEqual(sums.sort(), [
      [
        'Ethernet/IPv4/GRE',
        '10.9.0.1 10.9.0.2',
        `${2 * count}/${2 * count * (14 + 20 + 8 + 8 + 98 + 4)} 0/0`,
      ],
      // What the original takes for the length of the frame inside has ERSPAN's eight bytes and the CRC in it.
      [
        'Ethernet/IPv4/ICMPv4',
        '10.9.0.1 10.9.0.2',
        `${count}/${count * (98 + 12)} ${count}/${count * (98 + 12)}`,
      ],
    ]);
  });
  dump.kill('SIGTERM');
  await once(dump, 'exit');
});

test('a capture whose target is none is refused by the agent, with the name of the field', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t);
  await scene.start();
  await scene.create({ ...query, TargetType: 'netflowv9', Target: '10.9.0.2:2055' });
  await scene.create({ ...query, TargetType: 'ipfix', BPFFilter: 'udp' });
  await eventually(() => {
    assert.match(
      scene.agent.log,
      /TargetType: there is no netflowv9; there are local, netflowv5, erspanv1, ipfix/,
    );
    assert.match(scene.agent.log, /Target: it is empty, ipfix needs host:port/);
  }, 15_000);
  assert.deepEqual(await scene.captures(), []);
  const { status, text } = await scene.ask('/api/capture', {
    method: 'POST',
    body: { ...query, BPFFilter: 'arp', Target: 'a:b:c' },
  });
  assert.deepEqual([status, /Target: Not a valid address/.test(text)], [400, true], text);
});
