// SPDX-License-Identifier: Apache-2.0
// What a full ring loses is counted packet for packet: a capture that stands still, and one that is overrun.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startCapture } from '../../tools/traffic/capture-process.js';
import { sendLiveFrames } from '../../tools/traffic/live-frames.js';
import { VethNamespace } from '../../tools/traffic/veth.js';
import { requireNamespaces } from './require-namespaces.js';

/** Two blocks, the least there is. */
const ringBytes = 256 << 10;

async function overrun(t: TestContext, packets: number, standsStill: boolean) {
  const veth = new VethNamespace('drops');
  t.after(() => veth.remove());
  const capture = await startCapture('PacketCapture', {
    interface: 'in',
    namespacePath: veth.path,
    ringBytes,
  });
  try {
    if (standsStill) process.kill(capture.pid, 'SIGSTOP');
    const frames = { namespace: veth.path, interface: 'out', rate: 0, flows: 100, packets };
    await sendLiveFrames(frames);
    process.kill(capture.pid, 'SIGCONT');
    const arrived = veth.received();
    assert.equal(arrived, packets);
    const { stats } = await capture.settled(arrived);
    assert.equal(stats.packetsReceived, arrived);
    assert.equal(stats.packets + stats.packetsDropped, arrived);
    return stats;
  } finally {
    process.kill(capture.pid, 'SIGCONT');
    await capture.stop();
  }
}

test('a capture that stands still has counted what its ring lost', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const stats = await overrun(t, 20_000, true);
  assert.ok(stats.packetsDropped > 0, 'the ring held them all');
  // The ring was full first.
  assert.ok(stats.packets > 500, `${stats.packets} packets`);
});

test('no packet is uncounted while more come than the ring takes', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  await overrun(t, 1_000_000, false);
});
