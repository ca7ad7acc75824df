// SPDX-License-Identifier: Apache-2.0
// Steps that need no whole flows ask the store for no more than they need: their answers are those that the flows
// themselves give, and there is no bound to how many flows they are about.

import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { flowStorageOf } from '../../src/analyzer/flow-store.js';
import { FlowIntake } from '../../src/flow/intake.js';
import { flowsOfPcap } from '../../src/flow/pcap.js';
import type { Node } from '../../src/graph/element.js';
import type { Flow, FlowStorage } from '../../src/gremlin/flow-source.js';
import { parseQuery } from '../../src/gremlin/query.js';
import { silentLogger } from '../../src/log/logger.js';
import { FlowSegments } from '../../src/store/segments/flow-segments.js';
import { root } from '../golden/flows.js';
import { FakeFlows, FakeStorage } from './fake-flows.js';
import { FakeHistory } from './fake-history.js';

const pcaps = join(root, 'test/golden/pcap');
/** What one answer of flows may hold: less than most queries here are about. */
const maxItems = 3;
/** Flows stored one after the other, in many windows. */
const flows: Flow[] = [];
const folder = mkdtempSync(join(tmpdir(), 'skydive-answers-'));
let segments: FlowSegments;
let graph: FakeHistory;
let context: string;

before(async () => {
  segments = await FlowSegments.open({
    folder,
    configKey: '',
    retention: {},
    logger: silentLogger,
    maxItems,
    windowFlows: 7,
  });
  const options = { maxFlows: 100_000, bulkDelayMs: 1, logger: silentLogger, store: segments.native };
  const intake = new FlowIntake(options, { flows: () => {}, stats: () => {} });
  const seen = new Set<string>();
  for (const name of readdirSync(pcaps).filter((file) => file.endsWith('.pcap'))) {
    const table = { nodeTid: `tid-${name}`, flowsPerMessage: 1 };
    const read = async (format: 'json' | 'protobuf') => {
      const messages: Buffer[] = [];
      await flowsOfPcap(
        createReadStream(join(pcaps, name)),
        { ...table, format },
        (batch) => void messages.push(...batch),
      );
      return messages;
    };
    const texts = (await read('json')).flatMap((text) => JSON.parse(String(text)) as Flow[]);
    for (const [at, message] of (await read('protobuf')).entries()) {
      const flow = texts[at]!;
      if (seen.has(flow.UUID)) continue;
      seen.add(flow.UUID);
      flows.push(flow);
      intake.put(message);
    }
  }
  await intake.drain();
  intake.stop();
  assert.ok(flows.length > 50, `${flows.length} flows`);
  const to = Math.max(...flows.map(({ Last }) => Last));
  const from = Math.min(...flows.map(({ Start }) => Start));
  context = `G.At(${to}, ${Math.ceil((to - from) / 1000)})`;
  // A node for each capture file but one, and for the ends of some flows.
  const tids = [...new Set(flows.map(({ NodeTID }) => NodeTID))].slice(1);
  const macs = [...new Set(flows.map(({ Link }) => Link?.A).filter((mac) => mac !== undefined))].slice(0, 4);
  graph = new FakeHistory(
    [
      ...tids.map((TID, at) => node(`t${at}`, { Name: `n${at}`, TID: TID! }, at)),
      ...macs.map((MAC, at) => node(`m${at}`, { Name: `m${at}`, MAC }, at)),
    ].map((element) => ({ element, archivedAt: null })),
    [],
  );
});

after(async () => {
  await segments.close();
  rmSync(folder, { recursive: true });
});

function node(ID: string, Metadata: Node['Metadata'], at: number): Node {
  const more = { Host: 'a1', Origin: 'agent.a1', CreatedAt: at, UpdatedAt: at, DeletedAt: null, Revision: 1 };
  return { ID, Metadata, ...more };
}

async function ask(query: string, storage: FlowStorage): Promise<unknown> {
  const result = await parseQuery(query).run(graph, { flows: new FakeFlows(new Map(), storage) });
  return result.toJSON();
}

const questions: readonly string[] = [
  '',
  '("Application","UDP")',
  '("Network",Regex("10.*"))',
  '("Application","nothing of that name")',
  '().Dedup("Application")',
  '().Dedup()',
  '().Sort("Start")',
  '().Limit(20)',
  '().Range(5,12)',
  '().Range(5,100000)',
  '().Sort(DESC,"Metric.ABBytes").Range(2,9)',
].map((words) => (words === '' ? '.Flows()' : `.Flows${words}`));
const steps = [
  'Count()',
  'Hops()',
  'Hops().Count()',
  'Nodes()',
  'In()',
  'Out()',
  'Both()',
  'Sum("Metric.ABBytes")',
  'Keys()',
];

for (const question of questions) {
  for (const step of steps) {
    // What lies before a page is not added: that needs the flows.
    if (step.startsWith('Sum') && question.includes('Range')) continue;
    test(`${question}.${step} is what the flows give`, async () => {
      const query = `${context}${question}.${step}`;
      // What is asked of this store has to be what an unbounded one gives.
      const wanted = await ask(query, new FakeStorage(flows));
      assert.deepEqual(await ask(query, flowStorageOf(segments)), wanted);
    });
  }
}

test('flows themselves are refused when they are too many', async () => {
  await assert.rejects(ask(`${context}.Flows()`, flowStorageOf(segments)), /more than 3 flows/);
});

test('a sum names a flow that lacks the field', async () => {
  const bare: FlowStorage = { ...flowStorageOf(segments), sum: async () => 'uuid-1' };
  await assert.rejects(
    ask(`${context}.Flows().Sum("Metric.RTT")`, bare),
    /the flow uuid-1 has no field "Metric.RTT"/,
  );
});
