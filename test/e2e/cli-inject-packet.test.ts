// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { Host } from './allinone-fixture.js';

async function withHost(t: TestContext, act: (host: Host) => Promise<void>): Promise<void> {
  if (!requireNamespaces(t)) return;
  const host = new Host();
  t.after(() => host.remove());
  await host.up();
  await host.network.do('link add n0 address 02:00:00:00:00:01 type veth peer name f0');
  await host.network.do('link set n0 up');
  await host.network.do('link set f0 up');
  await act(host);
}

const far = ['--src-ip', '192.0.2.1', '--dst-ip', '192.0.2.2', '--dst-mac', '02:00:00:00:00:02'];

test('inject-packet sends from the interface that has the source MAC', async (t) => {
  await withHost(t, async (host) => {
    const { code, stderr } = await host.skydive(
      ...['inject-packet', '--src-mac', '02:00:00:00:00:01', '--count', '3', ...far],
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^3 packet\(s\) injected on interface n0\n3 packet\(s\) injected successfully\n$/);
  });
});

for (const { args, reason } of [
  { args: ['--if-name', 'nope'], reason: /no such interface to inject packets on nope/ },
  { args: ['--src-mac', '02:00:00:00:00:09'], reason: /Could not find interface with MAC 02:00:00:00:00:09/ },
  { args: ['--if-name', 'n0', '--src-mac', 'zz'], reason: /Source MAC parse error/ },
  { args: ['--if-name', 'n0', '--type', 'sctp'], reason: /--type sctp: given type is not supported/ },
  { args: ['--if-name', 'n0', '--encap-type', 'x'], reason: /--encap-type x is unknown/ },
  { args: ['--if-name', 'n0', '--mode', 'x'], reason: /--mode x: given mode is not supported/ },
  { args: ['--if-name', 'n0', '--count', '0'], reason: /--count.*integer from 1/ },
  { args: ['--if-name', 'n0', '--pcap', '/nowhere'], reason: /--pcap \/nowhere: ENOENT/ },
]) {
  test(`inject-packet ${args.join(' ')} is refused, saying why`, async (t) => {
    await withHost(t, async (host) => {
      const { code, stderr } = await host.skydive('inject-packet', ...args);
      assert.equal(code, 1);
      assert.match(stderr, reason);
    });
  });
}
