// SPDX-License-Identifier: Apache-2.0
// Packet injections from the API to an agent's interface.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../netns/eventually.js';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { CapturedHost } from './captured-host.js';

const onVa = "G.V().Has('Name', 'va')";
const echoRequests = 'icmp[icmptype] = icmp-echo';

test('an injection sends its packets once, and a running one ends when it is deleted', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t);
  await scene.start();
  const [link] = await scene.far.json<{ address: string }>('link', 'show', 'va-far');
  const injection = { Src: onVa, DstIP: '10.9.0.2', DstMAC: link!.address, Type: 'icmp4', TTL: 64 };
  const capture = await scene.create({ GremlinQuery: onVa, BPFFilter: echoRequests });
  await scene.active([capture]);
  const received = async () => (await scene.captures())[0]?.PacketsReceived;
  const shown = async () =>
    ((await scene.node('va'))?.Metadata['PacketInjections'] ?? []) as readonly Record<string, unknown>[];
  const create = async (members: object) =>
    (
      await scene.json<{ UUID: string }>(201, '/api/injectpacket', {
        method: 'POST',
        body: { ...injection, ...members },
      })
    ).UUID;

  const once = await create({ Count: 5 });
  await eventually(async () => assert.equal(await received(), 5), 15_000);

  // A change of the graph has everything looked at again: the second injection shows that it was.
  await scene.host.network.do('link add other type bridge');
  const running = await create({ Count: 1_000_000, Interval: 10, ICMPID: 77 });
  await eventually(async () => {
    const [entry, ...more] = await shown();
    assert.deepEqual(more, []);
    assert.deepEqual([entry?.['ID'], entry?.['State'], entry?.['ICMPID']], [running, 'active', 77]);
    assert.ok(Number(entry?.['PacketCount']) > 100, 'progress is shown');
  }, 15_000);
  const listed = await scene.json<Record<string, { Type: string }>>(200, '/api/injectpacket');
  assert.deepEqual(Object.keys(listed).sort(), [once, running].sort());
  assert.equal((await scene.ask(`/api/injectpacket/${running}`, { method: 'DELETE' })).status, 200);
  await eventually(async () => assert.deepEqual(await shown(), []), 15_000);

  const flows = await eventuallyQuiet(received);
  assert.ok(flows > 105);
  assert.equal((await scene.ask(`/api/injectpacket/${once}`, { method: 'DELETE' })).status, 200);
  assert.deepEqual(await scene.json<object>(200, '/api/injectpacket'), {});
});

/** A counter once it stands still for longer than it is refreshed. */
async function eventuallyQuiet(read: () => Promise<number | undefined>): Promise<number> {
  let last = -1;
  let since = performance.now();
  await eventually(async () => {
    const now = (await read()) ?? 0;
    if (now !== last) since = performance.now();
    last = now;
    assert.ok(performance.now() - since > 2500, 'packets are still sent');
  }, 20_000);
  return last;
}

test('an injection that cannot be sent is refused, with the reason', { timeout: 60_000 }, async (t) => {
  if (!requireNamespaces(t)) return;
  const scene = await CapturedHost.up(t);
  await scene.start();
  for (const [members, reason] of [
    [
      { Src: "G.V().Has('Name', 'nope')" },
      "Not able to find a source node for 'G.V().Has('Name', 'nope')'\n",
    ],
    [{}, 'No destination node and IP\n'],
    [{ DstIP: '192.0.2.77' }, 'Failed to resolve destination MAC address\n'],
    [{ DstIP: '1.2.3' }, 'DstIP: Not a IP or CIDR address\n'],
    [{ Type: 'sctp' }, 'given type is not supported\n'],
  ] as const) {
    const body = { Src: onVa, Type: 'icmp4', Count: 1, ...members };
    const { status, text } = await scene.ask('/api/injectpacket', { method: 'POST', body });
    assert.deepEqual([status, text], [400, reason]);
  }
});
