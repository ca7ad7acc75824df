// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statsMessage } from './stats-message.js';

const none = {
  captureId: '',
  flowCount: 0,
  flowDropped: 0,
  kernelFlowDropped: 0,
  packetsDropped: 0,
  packetsReceived: 0,
};

const rows: [what: string, report: Parameters<typeof statsMessage>[0], hex: string][] = [
  // wire-protocol.md §15.
  [
    'the example',
    { ...none, captureId: 'c1', flowCount: 3, packetsDropped: 7, packetsReceived: 1000 },
    '120b0a0263311003280730e807',
  ],
  ['nothing', none, '1200'],
  [
    'every field, beyond 32 bits',
    {
      captureId: 'é',
      flowCount: 1,
      flowDropped: 128,
      kernelFlowDropped: 2,
      packetsDropped: 3,
      packetsReceived: 2 ** 40,
    },
    '12140a02c3a91001188001200228033080808080' + '8020',
  ],
];

for (const [what, report, hex] of rows) {
  test(`statistics of a capture as a message: ${what}`, () => {
    assert.equal(statsMessage(report).toString('hex'), hex);
  });
}
