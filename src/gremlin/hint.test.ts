// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../graph/graph.js';
import { parseQuery } from './query.js';

function graph(): Graph {
  const made = new Graph({ host: 'a', origin: 'agent.a' });
  made.addNode({ ID: 'p', Metadata: { Name: 'task-pv-claim', Type: 'persistentvolumeclaim' } });
  return made;
}

async function hint(query: string, hints = true): Promise<string | undefined> {
  return (await parseQuery(query).run(graph(), { hints })).hint;
}

test('a pattern that matches only a part of the value gets a hint', async () => {
  assert.match(
    (await hint('G.V().Has("Name",Regex("task-pv-*"))')) ?? '',
    /Regex\("task-pv-\*"\) has to match the whole value.*Regex\("\.\*task-pv-\*\.\*"\)/,
  );
});

test('also within a Count, an alternative or a later step', async () => {
  assert.ok(await hint('G.V().Has("Name",Regex("task")).Count()'));
  assert.ok(await hint('G.V().HasEither("Name",Regex("pv"),"Type","nope")'));
  assert.ok(
    await hint('G.V().Has("Type","persistentvolumeclaim").Has("Name",Regex("claim")).Values("Name")'),
  );
});

test('no hint where something was found, nothing could be, or nobody asked', async () => {
  assert.equal(await hint('G.V().Has("Name",Regex("task.*"))'), undefined);
  assert.equal(await hint('G.V().Has("Name",Regex("nope"))'), undefined);
  assert.equal(await hint('G.V().Has("Name","task")'), undefined);
  assert.equal(await hint('G.V().Has("Name",Regex("task"))', false), undefined);
});

test('the answer itself stays as it is', async () => {
  const result = await parseQuery('G.V().Has("Name",Regex("task"))').run(graph(), { hints: true });
  assert.deepEqual(result.toJSON(), []);
});
