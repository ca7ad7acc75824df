// SPDX-License-Identifier: Apache-2.0
// The native search of flow tables against the plain evaluation of the flows' JSON.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Flow } from '../../src/flow/flow.js';
import { flowsOf } from '../../src/flow/flow-set.js';
import { encodeSearchQuery } from '../../src/flow/search-query.js';
import type { Filter } from '../../src/graph/filter.js';
import type { FlowQuery } from '../../src/gremlin/flow-source.js';
import { arrange } from '../../src/gremlin/flows/arrange.js';
import { flowFieldPaths, flowValue } from '../../src/gremlin/flows/fields.js';
import { compileFlowFilter } from '../../src/gremlin/flows/match.js';
import { searchQueryOf } from '../../src/gremlin/flows/search-query.js';
import { Scheduler } from '../../src/gremlin/scheduler.js';
import { addon } from '../../src/native/addon.js';
import { root, shared } from './flows.js';

const headerSize = 24;
/** Little endian, microseconds, Ethernet: what can be joined to one capture. */
function isPlain(bytes: Buffer): boolean {
  return bytes.length > headerSize && bytes.readUInt32LE(0) === 0xa1b2c3d4 && bytes.readUInt32LE(20) === 1;
}

const captures = [join(root, 'test/golden/pcap'), join(shared, 'pcap')]
  .filter(existsSync)
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.pcap'))
  .sort()
  .map((path) => readFileSync(path))
  .filter(isPlain);

const table = new (addon().FlowTable)({
  nodeTid: 'tid-1',
  captureId: 'capture-1',
  extraTcpMetric: true,
  ipDefrag: true,
  extraLayers: 7,
  format: 'json',
  flowsPerMessage: 1_000_000,
});
table.feed(captures[0]!.subarray(0, headerSize));
for (const [index, bytes] of captures.entries()) {
  table.feed(bytes.subarray(headerSize));
  // Some flows have had an update, some have not.
  if (index === captures.length >> 1) table.update(1_600_000_000_000);
}
const flows = JSON.parse(table.flows()[0]!.toString()) as Flow[];

/** Keys that exist, aliases, whole layers and one that does not exist. */
const keys = [
  ...flowFieldPaths,
  'IPV4.A',
  'IPV6.B',
  'ETHERNET.A',
  'UDP.Protocol',
  'TCP.A',
  'DNS.OpCode',
  'DHCPv4.HardwareLen',
  'Network',
  'ICMP',
  'DNS',
  'LastUpdateMetric',
  'Nonsense.A',
];

/** Values that flows have, so that conditions are met now and then. */
function valuesOf(key: string): (string | number)[] {
  const values = flows.map((flow) => flowValue(flow, key));
  return [...new Set(values)].filter((value) => typeof value === 'string' || typeof value === 'number');
}
const known = new Map(keys.map((key) => [key, valuesOf(key)]));

const key = fc.constantFrom(...keys);
const term = key.chain((name) => {
  const values = known.get(name)!;
  const value = values.length === 0 ? fc.constantFrom('', 0, 'TCP', true) : fc.constantFrom(...values);
  return value.map((chosen): Filter => ({ kind: 'term', key: name, value: chosen }));
});
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  term,
  term,
  key.chain((name) =>
    fc
      .tuple(
        fc.constantFrom('gt', 'gte', 'lt', 'lte'),
        fc.constantFrom(0, -1, ...known.get(name)!.filter((value) => typeof value === 'number')),
      )
      .map(([op, value]): Filter => ({ kind: 'compare', key: name, op, value })),
  ),
  key.map((name): Filter => ({ kind: 'null', key: name })),
  fc
    .tuple(key, fc.constantFrom('^10\\.', 'IPv[46]', '^$', 'TCP$', '[0-9a-f]{4}'))
    .map(([name, pattern]): Filter => ({ kind: 'regex', key: name, pattern })),
  fc
    .tuple(
      fc.constantFrom('Network.A', 'Network.B', 'Link.A', 'IPV4.B'),
      fc.constantFrom('10.0.0.0/8', '0.0.0.0/0', '192.168.0.0/16', '172.16.0.1/30'),
    )
    .map(([name, cidr]): Filter => ({ kind: 'ipv4range', key: name, cidr })),
  fc.constant<Filter>({ kind: 'true' }),
);
const filter = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('filter'), { maxLength: 3 }).map((filters): Filter => ({ kind: 'and', filters })),
    fc.array(tie('filter'), { maxLength: 3 }).map((filters): Filter => ({ kind: 'or', filters })),
    tie('filter').map((inner): Filter => ({ kind: 'not', filter: inner })),
  ),
})).filter;

const sort = fc.record({
  by: fc.constantFrom('Last', 'Start', 'Metric.ABBytes', 'Network.A', 'Transport.B', 'Application', 'UUID'),
  descending: fc.boolean(),
});
const query: fc.Arbitrary<FlowQuery> = fc.record(
  {
    filter,
    uuids: fc.array(fc.constantFrom(...known.get('UUID')!.map(String)), { maxLength: 5 }),
    sort,
    dedupBy: fc.constantFrom('TrackingID', 'Network.A', 'Transport.B', 'Application', 'NodeTID', 'DNS.ID'),
    most: fc.nat(flows.length + 3),
  },
  { requiredKeys: [] },
);

async function naive(asked: FlowQuery): Promise<readonly Flow[]> {
  const matches = compileFlowFilter(asked.filter ?? { kind: 'true' });
  const uuids = asked.uuids && new Set(asked.uuids);
  const wanted = flows.filter((flow) => matches(flow) && (uuids === undefined || uuids.has(flow.UUID)));
  return arrange(wanted, asked, new Scheduler());
}

test(`a search of ${flows.length} flows gives what their JSON says`, async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(query, async (asked) => {
      const set = table.query(encodeSearchQuery(searchQueryOf(asked)));
      const expected = await naive(asked);
      found += expected.length;
      assert.deepEqual([...flowsOf(set)], expected);
    }),
    { numRuns: 3000 },
  );
  assert.ok(found > 1000, `conditions that nothing meets prove nothing: ${found} flows found`);
});

test('each field is told apart by its own values', () => {
  for (const [name, values] of known) {
    for (const value of values.slice(0, 5)) {
      const asked: FlowQuery = { filter: { kind: 'term', key: name, value } };
      const matches = compileFlowFilter(asked.filter!);
      const set = table.query(encodeSearchQuery(searchQueryOf(asked)));
      assert.deepEqual(
        [...flowsOf(set)].map(({ UUID }) => UUID),
        flows.filter(matches).map(({ UUID }) => UUID),
        `${name} ${value}`,
      );
    }
  }
});

test('a query that is none is refused', () => {
  assert.throws(() => table.query(Buffer.from('nonsense')), /no SearchQuery/);
  assert.throws(() => table.query('text' as unknown as Uint8Array), TypeError);
});
