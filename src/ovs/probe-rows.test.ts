// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, silentLogger } from '../log/logger.js';
import { BridgeExport } from './bridge-export.js';
import type { OvsDatabase } from './database.js';
import type { Operation, OperationResult } from './operation.js';
import { PortMirror } from './port-mirror.js';
import { removeLeftOvers } from './probe-rows.js';
import { mapOf, type Row } from './value.js';

const bridge = 'aaaaaaaa-0000-0000-0000-000000000001';
const port = 'bbbbbbbb-0000-0000-0000-000000000002';

/** A database that says yes, and notes what it was asked for. */
class FakeDatabase implements OvsDatabase {
  readonly claimed = new Set<string>();
  readonly asked: (readonly Operation[])[] = [];
  readonly ports = new Map<string, Row>();
  answer: (operation: Operation, at: number) => OperationResult = ({ op }, at) =>
    op === 'insert' ? { uuid: ['uuid', `new${at}`] } : { count: 1 };
  fails: string | undefined;

  async transact(operations: readonly Operation[]): Promise<OperationResult[]> {
    if (this.fails !== undefined) throw new Error(this.fails);
    this.asked.push(operations);
    return operations.map((operation, at) => this.answer(operation, at));
  }

  row(): undefined {
    return undefined;
  }

  rows(table: string): ReadonlyMap<string, Row> {
    return table === 'Port' ? this.ports : new Map();
  }

  onSynced(): () => void {
    return () => undefined;
  }
}

function scene() {
  const database = new FakeDatabase();
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
  return { database, warnings, logger };
}

test('an export is a row of its own that only a bridge without one gets, and loses', async () => {
  const { database, logger } = scene();
  const row = { targets: '127.0.0.1:6345' };
  const sent = await BridgeExport.start({ database, kind: 'sFlow', bridge, row, logger });
  const probeId = bridge.replaceAll('-', '_');
  assert.deepEqual(database.asked.pop(), [
    {
      op: 'insert',
      table: 'sFlow',
      'uuid-name': 'skydive_export',
      row: { targets: '127.0.0.1:6345', external_ids: ['map', [['skydive-probe-id', probeId]]] },
    },
    {
      op: 'update',
      table: 'Bridge',
      where: [
        ['_uuid', '==', ['uuid', bridge]],
        ['sflow', '==', ['set', []]],
      ],
      row: { sflow: ['named-uuid', 'skydive_export'] },
    },
  ]);
  assert.deepEqual([...database.claimed], [`sFlow ${probeId}`]);
  await assert.rejects(BridgeExport.start({ database, kind: 'sFlow', bridge, row, logger }), /already/);
  await sent.stop();
  assert.deepEqual(database.asked.pop(), [
    {
      op: 'update',
      table: 'Bridge',
      where: [
        ['_uuid', '==', ['uuid', bridge]],
        ['sflow', '==', ['uuid', 'new0']],
      ],
      row: { sflow: ['set', []] },
    },
  ]);
  assert.equal(database.claimed.size, 0);
});

test('a bridge that exports already, or is gone, is left alone', async () => {
  const { database, logger } = scene();
  database.answer = () => ({ count: 0 });
  await assert.rejects(
    BridgeExport.start({ database, kind: 'NetFlow', bridge, row: {}, logger }),
    /sends NetFlow to somebody else already, or is gone.*clear its column netflow/,
  );
  assert.equal(database.claimed.size, 0);
});

test('a mirror is an internal port of the bridge that has the port, both go together', async () => {
  const { database, logger } = scene();
  const mirror = await PortMirror.start({ database, port, logger });
  assert.equal(mirror.name, 'mirbbbbb');
  const external_ids = ['map', [['skydive-probe-id', port]]];
  assert.deepEqual(
    database.asked.pop()!.map((operation) => ('row' in operation ? operation.row : operation)),
    [
      { name: 'mirbbbbb', type: 'internal', external_ids },
      { name: 'mirbbbbb', interfaces: ['named-uuid', 'skydive_interface'], external_ids },
      {
        name: 'mirbbbbb',
        select_src_port: ['uuid', port],
        select_dst_port: ['uuid', port],
        output_port: ['named-uuid', 'skydive_port'],
        external_ids,
      },
      {
        op: 'mutate',
        table: 'Bridge',
        where: [['ports', 'includes', ['uuid', port]]],
        mutations: [
          ['ports', 'insert', ['named-uuid', 'skydive_port']],
          ['mirrors', 'insert', ['named-uuid', 'skydive_mirror']],
        ],
      },
    ],
  );
  await assert.rejects(PortMirror.start({ database, port, logger }), /mirrors this port already/);
  await mirror.stop();
  assert.deepEqual(
    database.asked.pop()!.map((operation) => (operation as { mutations?: unknown }).mutations),
    [
      [['mirrors', 'delete', ['set', [['uuid', 'new2']]]]],
      [['ports', 'delete', ['set', [['uuid', 'new1']]]]],
    ],
  );
  assert.equal(database.claimed.size, 0);
});

test('a port that no bridge has cannot be mirrored', async () => {
  const { database, logger } = scene();
  database.answer = ({ op }) => (op === 'mutate' ? { count: 0 } : {});
  await assert.rejects(PortMirror.start({ database, port, logger }), /no bridge has the port/);
  assert.equal(database.claimed.size, 0);
});

test('what cannot be cleared now is claimed no more, and the log says so', async () => {
  const { database, logger, warnings } = scene();
  const mirror = await PortMirror.start({ database, port, logger });
  const sent = await BridgeExport.start({ database, kind: 'sFlow', bridge, row: {}, logger });
  database.fails = 'not connected';
  await mirror.stop();
  await sent.stop();
  assert.equal(database.claimed.size, 0);
  assert.equal(warnings.length, 2);
  for (const warning of warnings) assert.match(warning, /at the next connection: now not connected/);
});

test('left-overs are rows with the id of a probe that no running capture claims', async () => {
  const { database } = scene();
  const rows: Record<string, Row[]> = {
    sFlow: [
      { _uuid: ['uuid', 's1'], external_ids: mapOf({ 'skydive-probe-id': 'b1' }) },
      { _uuid: ['uuid', 's2'], external_ids: mapOf({ 'skydive-probe-id': 'b2' }) },
      { _uuid: ['uuid', 's3'], external_ids: mapOf({ other: 'x' }) },
    ],
    NetFlow: [{ _uuid: ['uuid', 'n1'], external_ids: mapOf({ 'skydive-probe-id': 'b1' }) }],
    Mirror: [
      { _uuid: ['uuid', 'm1'], external_ids: mapOf({ 'skydive-probe-id': 'p1' }) },
      { _uuid: ['uuid', 'm2'], external_ids: mapOf({ 'skydive-probe-id': 'p2' }) },
    ],
  };
  database.ports.set('p1', { name: 'mirrored' });
  database.ports.set('o1', { external_ids: mapOf({ 'skydive-probe-id': 'p1' }) });
  database.ports.set('o2', { external_ids: mapOf({ 'skydive-probe-id': 'p2' }) });
  database.answer = (operation) =>
    operation.op === 'select' ? { rows: rows[operation.table] ?? [] } : { count: 1 };
  database.claimed.add('sFlow b2').add('Mirror p2');
  await removeLeftOvers(database, (operations) => database.transact(operations));
  assert.deepEqual(database.asked[1], [
    { op: 'update', table: 'Bridge', where: [['sflow', '==', ['uuid', 's1']]], row: { sflow: ['set', []] } },
    {
      op: 'update',
      table: 'Bridge',
      where: [['netflow', '==', ['uuid', 'n1']]],
      row: { netflow: ['set', []] },
    },
    {
      op: 'mutate',
      table: 'Bridge',
      where: [],
      mutations: [['mirrors', 'delete', ['set', [['uuid', 'm1']]]]],
    },
    {
      op: 'mutate',
      table: 'Bridge',
      where: [],
      mutations: [['ports', 'delete', ['set', [['uuid', 'o1']]]]],
    },
  ]);
});

test('where nothing is left over nothing is changed', async () => {
  const { database } = scene();
  database.answer = () => ({ rows: [] });
  await removeLeftOvers(database, (operations) => database.transact(operations));
  assert.equal(database.asked.length, 1);
});
