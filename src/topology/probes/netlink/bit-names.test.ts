// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkFlagNames, neighbourFlagNames, neighbourStateNames } from './bit-names.js';

for (const [bits, names] of [
  [0x1, ['UP']],
  [0x2, ['BROADCAST']],
  [0x8, ['LOOPBACK']],
  [0x10, ['POINTTOPOINT']],
  [0x1000, ['MULTICAST']],
  [0x10049, ['UP', 'LOOPBACK']],
  [0x11043, ['UP', 'BROADCAST', 'MULTICAST']],
  [0x4, []],
] as const) {
  test(`link flags 0x${bits.toString(16)} are ${names.join() || 'none'}`, () => {
    assert.deepEqual(linkFlagNames(bits), names);
  });
}

for (const [bit, name] of [
  [0x01, 'NUD_INCOMPLETE'],
  [0x02, 'NUD_REACHABLE'],
  [0x04, 'NUD_STALE'],
  [0x08, 'NUD_DELAY'],
  [0x10, 'NUD_PROBE'],
  [0x20, 'NUD_FAILED'],
  [0x40, 'NUD_NOARP'],
  [0x80, 'NUD_PERMANENT'],
] as const) {
  test(`neighbour state 0x${bit.toString(16)} is ${name}`, () => {
    assert.deepEqual(neighbourStateNames(bit), [name]);
  });
}

for (const [bit, name] of [
  [0x01, 'NTF_USE'],
  [0x02, 'NTF_SELF'],
  [0x04, 'NTF_MASTER'],
  [0x08, 'NTF_PROXY'],
  [0x10, 'NTF_EXT_LEARNED'],
  [0x20, 'NTF_OFFLOADED'],
  [0x40, 'NTF_STICKY'],
  [0x80, 'NTF_ROUTER'],
] as const) {
  test(`neighbour flag 0x${bit.toString(16)} is ${name}`, () => {
    assert.deepEqual(neighbourFlagNames(bit), [name]);
  });
}

test('equal sets give the same list', () => {
  assert.equal(linkFlagNames(0x1003), linkFlagNames(0x11003));
});
