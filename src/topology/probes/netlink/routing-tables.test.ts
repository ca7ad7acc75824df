// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteFacts } from '../../../native/netlink-monitor.js';
import { routingTables } from './routing-tables.js';

const route: RouteFacts = { table: 254, family: 4, protocol: 2 };

function only(facts: RouteFacts): unknown {
  return routingTables(3, [facts]);
}

for (const [what, facts, table] of [
  [
    'a connected route',
    { ...route, destination: '10.0.0.0/24', source: '10.0.0.1' },
    {
      ID: 254,
      Src: '10.0.0.1',
      Routes: [{ Protocol: 2, Prefix: '10.0.0.0/24', NextHops: [{ Priority: 0, IfIndex: 3 }] }],
    },
  ],
  [
    'a gateway with a metric',
    { ...route, protocol: 4, destination: '10.1.0.0/16', gateway: '10.0.0.254', priority: 100 },
    {
      ID: 254,
      Src: null,
      Routes: [
        {
          Protocol: 4,
          Prefix: '10.1.0.0/16',
          NextHops: [{ Priority: 100, IP: '10.0.0.254', IfIndex: 3 }],
        },
      ],
    },
  ],
  [
    'an IPv4 default without a gateway',
    route,
    {
      ID: 254,
      Src: null,
      Routes: [{ Protocol: 2, Prefix: '0.0.0.0/0', NextHops: [{ Priority: 0, IfIndex: 3 }] }],
    },
  ],
  [
    'an IPv6 default',
    { ...route, family: 6, gateway: 'fe80::1' },
    {
      ID: 254,
      Src: null,
      Routes: [{ Protocol: 2, Prefix: '::/0', NextHops: [{ Priority: 0, IP: 'fe80::1', IfIndex: 3 }] }],
    },
  ],
] as const) {
  test(`${what} makes one table with one route`, () => {
    assert.deepEqual(only(facts), [table]);
  });
}

test('tables come in the order of their ids, each with the source of its first route', () => {
  const tables = routingTables(3, [
    { ...route, table: 255, destination: '10.0.0.1/32', source: '10.0.0.1' },
    { ...route, table: 100, destination: '10.2.0.0/16' },
    { ...route, table: 100, destination: '10.3.0.0/16', source: '10.0.0.9' },
  ]) as { ID: number; Src: string | null }[];
  assert.deepEqual(
    tables.map(({ ID, Src }) => [ID, Src]),
    [
      [100, null],
      [255, '10.0.0.1'],
    ],
  );
});

test('hops of one prefix are joined and unique by address', () => {
  const hop = { ...route, protocol: 4, destination: '10.1.0.0/16' };
  const [table] = routingTables(3, [
    { ...hop, gateway: '10.0.0.1' },
    { ...hop, gateway: '10.0.0.2' },
    { ...hop, gateway: '10.0.0.1', priority: 5 },
  ]) as { Routes: { NextHops: unknown[] }[] }[];
  assert.deepEqual(table!.Routes[0]!.NextHops, [
    { Priority: 0, IP: '10.0.0.1', IfIndex: 3 },
    { Priority: 0, IP: '10.0.0.2', IfIndex: 3 },
  ]);
});

test('no routes make no tables', () => {
  assert.deepEqual(routingTables(3, []), []);
});
