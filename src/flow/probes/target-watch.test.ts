// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../log/logger.js';
import { decodeCapture } from '../decode-capture.js';
import { TargetWatch } from './target-watch.js';

function scene() {
  const said: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (text: string) => said.push(`warn ${text}`),
    info: (text: string) => said.push(`info ${text}`),
  };
  const capture = decodeCapture({ UUID: 'c1', TargetType: 'ipfix', Target: '192.0.2.1:4739' });
  const node = { id: 'n', name: 'eth0', type: 'device', tid: 't', encapType: 'ether', metadata: {} };
  return { watch: new TargetWatch({ capture, node, logger }), said };
}

const fine = { sent: 10, dropped: 0, failed: 0, skipped: 0 };

test('a target that takes everything is not talked about', () => {
  const { watch, said } = scene();
  watch.look(fine);
  watch.look({ ...fine, sent: 20 });
  assert.deepEqual(said, []);
});

test('losses are told when they begin and when they end', () => {
  const { watch, said } = scene();
  watch.look({ ...fine, failed: 5, error: 'Network is unreachable' });
  watch.look({ ...fine, failed: 6, error: 'Network is unreachable' });
  watch.look({ ...fine, failed: 6, error: 'Network is unreachable' });
  watch.look({ ...fine, failed: 6, dropped: 2 });
  assert.deepEqual(said, [
    'warn ipfix target 192.0.2.1:4739 of capture c1 on eth0: 5 of 15 datagrams did not go out: Network is unreachable',
    'info ipfix target 192.0.2.1:4739 of capture c1 on eth0: no more losses, 6 datagrams did not go out in all',
    'warn ipfix target 192.0.2.1:4739 of capture c1 on eth0: 2 of 18 datagrams did not go out: more than the network takes',
  ]);
});
