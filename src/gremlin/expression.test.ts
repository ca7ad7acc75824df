// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from './expression.js';

/** TCP 10.0.0.5:40000 → 10.0.9.9:80 over Ethernet. */
const packet = Buffer.concat([
  Buffer.from('0200000000e10200000000a10800', 'hex'),
  Buffer.from('4500002800010000400600000a0000050a000909', 'hex'),
  Buffer.from('9c40005000000000000000005002200000000000', 'hex'),
]);

for (const [expression, passes] of [
  ['tcp port 80', true],
  ['tcp dst port http', true],
  ['udp', false],
  ['host 10.0.0.5 and not port 53', true],
  ['net 10.0.8.0/24', false],
  ['dst net 10.0.8.0/21', true],
  ['ether src 02:00:00:00:00:a1', true],
  ['ip6 host fe80::1', false],
  ['tcp[tcpflags] & (tcp-syn|tcp-fin) != 0', true],
  ['tcp[13] = 0x2', true],
  ['portrange 79-81', true],
  ['len <= 54', true],
  ['ip proto \\tcp', true],
] as const) {
  test(`"${expression}" ${passes ? 'passes' : 'drops'} a TCP packet to port 80`, () => {
    assert.equal(compileExpression(expression, 1, 256)(packet), passes);
  });
}

test('a packet without link layer is read as its link type says', () => {
  assert.equal(compileExpression('tcp port 80', 228, 256)(packet.subarray(14)), true);
});

for (const expression of ['tcp prt 80', 'port', 'host', '((', 'tcp port 99999']) {
  test(`"${expression}" does not compile`, () => {
    assert.throws(() => compileExpression(expression, 1, 256), Error);
  });
}

for (const expression of ['host www.example.com', 'src net intranet', 'www.example.com', 'gateway abc']) {
  test(`"${expression}" is refused without asking a name server`, () => {
    assert.throws(() => compileExpression(expression, 1, 256), /names are not looked up/);
  });
}

test('an empty packet is no packet that passes', () => {
  assert.equal(compileExpression('tcp', 1, 256)(new Uint8Array(0)), false);
});
