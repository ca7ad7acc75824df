// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Config } from '../../config/key.js';
import type { MetadataMap } from '../../graph/element.js';
import { Graph } from '../../graph/graph.js';
import { silentLogger } from '../../log/logger.js';
import type { OvsDatabase } from '../../ovs/database.js';
import { decodeCapture } from '../decode-capture.js';
import { startOvsmirror } from './ovs-mirror.js';
import type { FlowProbeContext } from './probe.js';

const port = 'bbbbbbbb-0000-0000-0000-000000000002';
const ExtID = { 'skydive-probe-id': port };

/** A port `p0` of a bridge, and what its mirror asks for. */
function scene(t: TestContext, given: Partial<FlowProbeContext> = {}) {
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const host = graph.addNode({ Metadata: { Type: 'host', Name: 'h' } });
  const add = (Metadata: MetadataMap) => {
    const { ID } = graph.addNode({ Metadata });
    graph.addOwnership(host.ID, ID);
    return ID;
  };
  const nodeId = add({ Type: 'ovsport', Name: 'p0', UUID: port, TID: 'tid' });
  const captured: string[] = [];
  const failures: string[] = [];
  const operations: string[] = [];
  const database: OvsDatabase = {
    claimed: new Set(),
    row: () => undefined,
    rows: () => new Map(),
    onSynced: () => () => undefined,
    transact: async (asked) => {
      operations.push(asked.map(({ op }) => op).join(' '));
      return asked.map(({ op }, at) => (op === 'insert' ? { uuid: ['uuid', `u${at}`] } : { count: 1 }));
    },
  };
  let refused: string | undefined;
  const context: FlowProbeContext = {
    capture: decodeCapture({ UUID: 'c1', Type: 'ovsmirror' }),
    node: {
      id: nodeId,
      name: 'p0',
      type: 'ovsport',
      tid: 'tid',
      encapType: '',
      metadata: graph.getNode(nodeId)!.Metadata,
    },
    config: {} as Config,
    logger: silentLogger,
    send: () => undefined,
    failed: (reason) => failures.push(reason),
    setMetadata: () => undefined,
    ovs: {
      database,
      graph,
      captureOn: async (id, shown) => {
        if (refused !== undefined) throw new Error(refused);
        assert.deepEqual(shown, { MirrorOf: nodeId });
        captured.push(id);
        return {
          stop: async () => {
            captured.splice(captured.indexOf(id), 1);
          },
        };
      },
    },
    ...given,
  };
  const mirrorInterface = (more: MetadataMap = {}) =>
    add({
      Type: 'internal',
      Name: 'mirbbbbb',
      EncapType: 'ether',
      TID: 'tid-m',
      LinkFlags: ['UP'],
      ExtID,
      ...more,
    });
  const refuse = (why: string | undefined) => {
    refused = why;
  };
  t.diagnostic('no Open vSwitch is needed');
  return { graph, context, captured, failures, operations, add, mirrorInterface, nodeId, database, refuse };
}

test('a mirror is captured where its copies come out, and joined with its port', async (t) => {
  const { graph, context, captured, operations, add, mirrorInterface, nodeId } = scene(t);
  const starting = startOvsmirror(context);
  const other = add({ Type: 'ovsport', Name: 'mirbbbbb', UUID: 'm', ExtID });
  const copies = mirrorInterface();
  const probe = await starting;
  assert.deepEqual(captured, [copies]);
  const mirrors = () => [...graph.edges()].filter(({ Metadata }) => Metadata['RelationType'] === 'mirroring');
  assert.deepEqual(
    mirrors().map(({ Parent, Child }) => [Parent, Child]),
    [[other, nodeId]],
  );
  assert.equal(probe.query(Buffer.alloc(0)), undefined);
  await probe.stop();
  assert.deepEqual(captured, []);
  assert.deepEqual(mirrors(), []);
  assert.deepEqual(operations, ['insert insert insert mutate', 'mutate mutate']);
});

test('the interface is waited for until the kernel has it, up and with a TID', async (t) => {
  const { graph, context, captured, mirrorInterface } = scene(t);
  const starting = startOvsmirror(context);
  const { ID } = graph.getNode(mirrorInterface())!;
  graph.deleteNode(ID);
  const later = graph.addNode({ Metadata: { Type: 'internal', Name: 'mirbbbbb', ExtID, LinkFlags: ['UP'] } });
  graph.update('node', later.ID, { set: { EncapType: 'ether' } });
  assert.ok(!captured.includes(later.ID));
  graph.update('node', later.ID, { set: { TID: 'tid-m' } });
  const probe = await starting;
  assert.ok(captured.includes(later.ID));
  await probe.stop();
});

test('an interface that Open vSwitch makes anew is captured again', async (t) => {
  const { graph, context, captured, mirrorInterface } = scene(t);
  const starting = startOvsmirror(context);
  const first = mirrorInterface();
  const probe = await starting;
  graph.deleteNode(first);
  captured.length = 0;
  const second = mirrorInterface();
  await until(() => captured.length > 0);
  assert.deepEqual(captured, [second]);
  await probe.stop();
});

test('what cannot be captured ends the start, and the mirror', async (t) => {
  const { context, operations, mirrorInterface, refuse } = scene(t);
  refuse('no such luck');
  const starting = startOvsmirror(context);
  mirrorInterface();
  await assert.rejects(starting, /the mirror's interface: no such luck/);
  assert.deepEqual(operations, ['insert insert insert mutate', 'mutate mutate']);
});

test('what cannot be captured any more is told', async (t) => {
  const { graph, context, failures, mirrorInterface, refuse } = scene(t);
  const starting = startOvsmirror(context);
  const first = mirrorInterface();
  const probe = await starting;
  refuse('no room');
  graph.deleteNode(first);
  mirrorInterface();
  await until(() => failures.length > 0);
  assert.match(failures[0]!, /no room/);
  await probe.stop();
});

for (const [name, change, reason] of [
  ['without the probe of Open vSwitch', { ovs: undefined }, /see ovsdb in its agent\.topology\.probes/],
  ['a node without a UUID', { metadata: {} }, /no UUID/],
  ['a mirror', { metadata: { UUID: 'm', ExtID } }, /is the mirror of another port/],
] as const) {
  test(`${name} is refused before anything is changed`, async (t) => {
    const { context, operations } = scene(t);
    const { ovs, node, ...rest } = context;
    const metadata = 'metadata' in change ? change.metadata : node.metadata;
    const given = { ...rest, node: { ...node, metadata }, ...('metadata' in change && ovs && { ovs }) };
    await assert.rejects(startOvsmirror(given), reason);
    assert.deepEqual(operations, []);
  });
}

async function until(holds: () => boolean, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!holds()) {
    assert.ok(performance.now() < end, 'it does not come');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
