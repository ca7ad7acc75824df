// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../config/key.js';
import { silentLogger } from '../../log/logger.js';
import { addon } from '../../native/addon.js';
import { filterWithoutOwnTraffic } from './own-traffic.js';

const config = (analyzers: string[]) => ({ getList: () => analyzers }) as unknown as Config;
const names = async (name: string) => {
  if (name === 'an.example') return ['192.0.2.1', '2001:db8::1'];
  throw new Error('ENOTFOUND');
};

const rows: [
  what: string,
  analyzers: string[],
  capture: { BPFFilter?: string; Target?: string; TargetType?: string },
  expression: string | undefined,
][] = [
  ['nothing to keep out', [], {}, undefined],
  ['a filter alone', [], { BPFFilter: 'tcp or udp' }, '(tcp or udp)'],
  ['an analyzer', ['192.0.2.9:8082'], {}, 'not (host 192.0.2.9 and port 8082)'],
  [
    'a filter and two analyzers',
    ['192.0.2.9:8082', '[2001:db8::9]:8083'],
    { BPFFilter: 'tcp or udp' },
    '(tcp or udp) and not (host 192.0.2.9 and port 8082) and not (host 2001:db8::9 and port 8083)',
  ],
  ['a target', [], { Target: '192.0.2.3:2055' }, 'not (host 192.0.2.3 and port 2055)'],
  ['a target without a port', [], { Target: '192.0.2.3:0' }, 'not host 192.0.2.3'],
  [
    'a target of mirrored packets, which have no port',
    [],
    { Target: '192.0.2.3:1', TargetType: 'erspanv1' },
    'not (host 192.0.2.3 and proto 47) and not (src host 192.0.2.3 and icmp[0] = 3 and icmp[17] = 47) and not (ip proto 47 and ip[22:2] = 0x88be) and not (ip6 proto 47 and ip6[42:2] = 0x88be)',
  ],
  [
    'the same by IPv6',
    [],
    { Target: '[2001:db8::3]:1', TargetType: 'erspanv1' },
    'not (host 2001:db8::3 and proto 47) and not (src host 2001:db8::3 and icmp6 and ip6[54] = 47) and not (ip proto 47 and ip[22:2] = 0x88be) and not (ip6 proto 47 and ip6[42:2] = 0x88be)',
  ],
  [
    'a name with two addresses',
    ['an.example:8082'],
    {},
    'not (host 192.0.2.1 and port 8082) and not (host 2001:db8::1 and port 8082)',
  ],
  ['a name that nobody knows', ['lost.example:8082'], { BPFFilter: 'arp' }, '(arp)'],
];

for (const [what, analyzers, capture, expression] of rows) {
  test(`captured by: ${what}`, async () => {
    const filter = await filterWithoutOwnTraffic(capture, config(analyzers), silentLogger, names);
    assert.equal(filter, expression);
    if (filter !== undefined) assert.ok(new (addon().PacketFilter)(filter, 1, 256));
  });
}

test('a name that cannot be looked up is told', async () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  await filterWithoutOwnTraffic({}, config(['lost.example:8082']), logger, names);
  assert.deepEqual(warnings, [
    'what goes to lost.example is captured too, its address is not known: ENOTFOUND',
  ]);
});
