// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCapture } from '../decode-capture.js';
import { listenOnNode } from './node-listener.js';
import type { CapturedNode, FlowProbeContext } from './probe.js';

function where(capture: object, node: Partial<CapturedNode> = {}) {
  const usual = { id: 'n', name: 'eth0', type: 'device', tid: 'tid', encapType: 'ether' };
  const context = {
    capture: decodeCapture(capture),
    node: { ...usual, metadata: { IPV4: ['10.0.0.1/24'] }, ...node },
  };
  return listenOnNode(context as FlowProbeContext, 6343);
}

test('a capture listens on the address of its node, on all when it has several', () => {
  const rows: [capture: object, addresses: string[], address: string, port: number][] = [
    [{}, ['10.0.0.1/24'], '10.0.0.1', 6343],
    [{ Port: 0 }, ['10.0.0.1/24'], '10.0.0.1', 6343],
    [{ Port: -1 }, ['10.0.0.1/24'], '10.0.0.1', 6343],
    [{ Port: 7000 }, ['10.0.0.1/24'], '10.0.0.1', 7000],
    [{}, ['10.0.0.1/24', '10.0.0.2/24'], '0.0.0.0', 6343],
  ];
  for (const [capture, IPV4, address, port] of rows) {
    assert.deepEqual(where(capture, { metadata: { IPV4 } }), { address, portMin: port, portMax: port });
  }
  assert.equal(where({}, { namespacePath: '/run/netns/a' }).namespacePath, '/run/netns/a');
});

test('what a node lacks is said', () => {
  assert.throws(() => where({}, { tid: '' }), { message: 'node n has no TID yet' });
  for (const metadata of [{}, { IPV4: [] }, { IPV6: ['fd00::1/64'] }]) {
    assert.throws(
      () => where({}, { metadata }),
      /^Error: eth0 has no IPV4 address: give it one \(ip addr add /,
    );
  }
});
