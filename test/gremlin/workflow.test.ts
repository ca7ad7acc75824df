// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '../../src/gremlin/query.js';
import type { WorkflowSource } from '../../src/gremlin/workflow-source.js';
import { datasets } from './datasets.js';

class FakeWorkflows implements WorkflowSource {
  readonly called: (readonly unknown[])[] = [];
  readonly #gives: unknown;

  constructor(gives: unknown) {
    this.#gives = gives;
  }

  async call(name: string, args: readonly unknown[]): Promise<unknown> {
    this.called.push([name, ...args]);
    return this.#gives;
  }
}

const element = { Metadata: { Name: 'a' }, Host: 'h', Origin: 'o', CreatedAt: 1, UpdatedAt: 1, Revision: 1 };

async function ask(query: string, workflows?: FakeWorkflows): Promise<unknown> {
  return (await parseQuery(query).run(datasets['T']!().graph, { workflows })).toJSON();
}

test('what a workflow gives is the graph', async () => {
  const workflows = new FakeWorkflows({
    nodes: [
      { ...element, ID: 'n' },
      { ...element, ID: 'm' },
    ],
    edges: [{ ...element, ID: 'e', Parent: 'n', Child: 'm' }],
  });
  assert.deepEqual(await ask('G.Workflow("check","a",2,true).V("n").Out().Values("@ID")', workflows), ['m']);
  assert.deepEqual(workflows.called, [['check', 'a', 2, true]]);
});

test('a workflow that gives no graph makes an empty one', async () => {
  assert.deepEqual(await ask('G.Workflow("check")', new FakeWorkflows('done')), [
    { Nodes: null, Edges: null },
  ]);
});

test('what is no node is refused, and so is a query where there are no workflows', async () => {
  await assert.rejects(() => ask('G.Workflow("check")', new FakeWorkflows({ nodes: [{}] })), /ID/);
  await assert.rejects(() => ask('G.Workflow("check")'), /no workflows/);
});

test('agents do not know the extensions', () => {
  assert.throws(() => parseQuery('G.Workflow("check")', 'core'), /Expected step function, got: Workflow/);
  assert.throws(() => parseQuery('G.Flows()', 'core'), /Expected step function, got: Flows/);
  assert.equal(parseQuery('G.V().Out()', 'core').steps.length, 3);
});
