// SPDX-License-Identifier: Apache-2.0
// Open vSwitch exports IPFIX by templates of its own: with Ethernet's fields, times before the export, totals beside
// differences, each packet as it comes and as it goes. What our flows say is what went through the bridge.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startNetflowListener } from '../../src/flow/probes/netflow.js';
import { eventually } from '../netns/eventually.js';
import { listening } from '../netns/listening.js';
import { ScratchNamespace } from '../netns/scratch-namespace.js';
import { OpenVSwitch, requireOpenVSwitch } from './openvswitch.js';

const run = promisify(execFile);

test('the flows of a bridge come by IPFIX', { timeout: 120_000 }, async (t) => {
  if (!requireOpenVSwitch(t)) return;
  const spaces = ['near', 'left', 'right'].map(() => new ScratchNamespace('ovs'));
  const [near, left, right] = spaces as [ScratchNamespace, ScratchNamespace, ScratchNamespace];
  t.after(() => {
    for (const space of spaces) space.remove();
  });
  await near.do('link set lo up');
  const { begin } = await listening(t, startNetflowListener, near);
  const { started, flows } = await begin({ portMin: 24_180, portMax: 24_180 });
  const ovs = await OpenVSwitch.start(near);
  t.after(() => ovs.stop());
  await ovs.addBridge('br0');
  for (const [space, port, host] of [
    [left, 'pl', 1],
    [right, 'pr', 2],
  ] as const) {
    await ovs.plug('br0', port, space, `10.6.0.${host}/24`);
  }
  await ovs.vsctl(
    ...['--', 'set', 'bridge', 'br0', 'ipfix=@export', '--', '--id=@export', 'create', 'IPFIX'],
    ...[`targets="${started.socket}"`, 'sampling=1', 'obs_domain_id=7', 'cache_active_timeout=1'],
    'cache_max_flows=1000',
  );
  await run('ip', ['netns', 'exec', left.name, 'ping', '-q', '-c', '20', '-i', '0.02', '10.6.0.2']);

  type Link = { address: string };
  const [macLeft, macRight] = await Promise.all(
    [left, right].map(async (space) => (await space.json<Link>('link', 'show', 'eth0'))[0]!.address),
  );
  await eventually(async () => {
    const shown = (await flows()).filter(({ ICMP }) => ICMP !== undefined);
    assert.deepEqual(
      shown.map(({ LayersPath, Link: link, Network: n, ICMP, Metric: m }) => [
        [LayersPath, link?.A, link?.B, n?.A, n?.B, ICMP?.Type],
        [m?.ABPackets, m?.ABBytes, m?.BAPackets, m?.BABytes],
      ]),
      [
        [
          ['Ethernet/IPv4/ICMPv4', macLeft, macRight, '10.6.0.1', '10.6.0.2', 'ECHO'],
          [20, 20 * 84, 20, 20 * 84],
        ],
      ],
      JSON.stringify([started.status(), await flows()]),
    );
  }, 30_000);
  const [flow] = (await flows()).filter(({ ICMP }) => ICMP !== undefined);
  assert.ok(Math.abs(flow!.Start - Date.now()) < 60_000, `started at ${flow!.Start}`);
  const { Malformed, Lost, NoTemplate, Skipped } = started.status();
  assert.deepEqual({ Malformed, NoTemplate }, { Malformed: 0, NoTemplate: 0 });
  // It sees packets as they come and as they go, and numbers its first record 2.
  assert.ok(Number(Skipped) >= 2 && Number(Lost) <= 1, `${Skipped} skipped, ${Lost} lost`);
});
