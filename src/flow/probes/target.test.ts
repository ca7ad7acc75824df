// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeCaptureTarget } from '../../native/capture-target.js';
import { decodeCapture } from '../decode-capture.js';
import type { CapturedNode } from './probe.js';
import { literalOf, targetOf } from './target.js';

const node: CapturedNode = {
  id: 'n',
  name: 'eth0',
  type: 'device',
  tid: 'tid',
  encapType: 'ether',
  metadata: { IfIndex: 7 },
};

const names: Readonly<Record<string, readonly string[]>> = {
  localhost: ['::1', '127.0.0.1'],
  'six.example': ['2001:db8::1'],
  'none.example': [],
};
const resolve = async (name: string) => {
  const found = names[name];
  if (found === undefined) throw new Error(`getaddrinfo ENOTFOUND ${name}`);
  return found;
};

/** Members of a capture → where it sends; undefined: to the analyzer. */
const rows: [members: object, target: Partial<NativeCaptureTarget> | undefined][] = [
  [{}, undefined],
  [{ TargetType: 'local' }, undefined],
  [{ TargetType: 'local', Target: '192.0.2.1:1' }, undefined],
  [{ Target: '192.0.2.1:1' }, undefined],
  [
    { TargetType: 'netflowv5', Target: '192.0.2.1:2055' },
    { type: 'netflowv5', address: '192.0.2.1', port: 2055 },
  ],
  [
    { TargetType: 'netflowv5', Target: '2055' },
    { address: '127.0.0.1', port: 2055 },
  ],
  [
    { TargetType: 'ipfix', Target: ':4739' },
    { type: 'ipfix', address: '127.0.0.1', port: 4739 },
  ],
  [
    { TargetType: 'ipfix', Target: '[2001:db8::9]:4739' },
    { address: '2001:db8::9', port: 4739 },
  ],
  [{ TargetType: 'ipfix', Target: '[fe80::9%eth0]:4739' }, { address: 'fe80::9%eth0' }],
  [{ TargetType: 'ipfix', Target: 'six.example:4739' }, { address: '2001:db8::1' }],
  [
    { TargetType: 'erspanv1', Target: '192.0.2.1:0' },
    { type: 'erspanv1', address: '192.0.2.1', interfaceIndex: 7 },
  ],
];

for (const [members, wanted] of rows) {
  test(`${JSON.stringify(members)} sends to ${wanted === undefined ? 'the analyzer' : JSON.stringify(wanted)}`, async () => {
    const target = await targetOf(decodeCapture({ UUID: 'c', ...members }), node, resolve);
    if (wanted === undefined) assert.equal(target, undefined);
    else assert.deepEqual({ ...target, ...wanted }, target);
  });
}

const refused: [members: object, why: RegExp][] = [
  [
    { TargetType: 'netflowv9' },
    /^TargetType: there is no netflowv9; there are local, netflowv5, erspanv1, ipfix$/,
  ],
  [{ TargetType: 'NetFlowV5', Target: ':1' }, /^TargetType: there is no NetFlowV5/],
  [{ TargetType: 'ipfix' }, /^Target: it is empty, ipfix needs host:port$/],
  [{ TargetType: 'erspanv1' }, /^Target: it is empty/],
  [{ TargetType: 'ipfix', Target: '192.0.2.1:0' }, /^Target: 192\.0\.2\.1:0 has no port to send to$/],
  [{ TargetType: 'ipfix', Target: 'a:b:c' }, /^Target: invalid service address "a:b:c"/],
  [{ TargetType: 'ipfix', Target: 'lost.example:1' }, /^Target: getaddrinfo ENOTFOUND lost\.example$/],
  [{ TargetType: 'ipfix', Target: 'none.example:1' }, /^Target: none\.example has no address$/],
];

for (const [members, why] of refused) {
  test(`${JSON.stringify(members)} is refused`, async () => {
    await assert.rejects(targetOf(decodeCapture({ UUID: 'c', ...members }), node, resolve), { message: why });
  });
}

test('captures of one host have domains of their own, the same each time', async () => {
  const domain = async (uuid: string, tid: string) => {
    const capture = decodeCapture({ UUID: uuid, TargetType: 'ipfix', Target: ':1' });
    return (await targetOf(capture, { ...node, tid }, resolve))?.domain;
  };
  const first = await domain('a', 'tid');
  assert.equal(await domain('a', 'tid'), first);
  assert.notEqual(await domain('b', 'tid'), first);
  assert.notEqual(await domain('a', 'other'), first);
});

test('an address in digits is not looked up', async () => {
  assert.equal(await literalOf('::1', resolve), '::1');
  assert.equal(await literalOf('127.0.0.1', resolve), '127.0.0.1');
});
