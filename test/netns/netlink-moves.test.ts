// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { NetlinkProbe } from '../../src/topology/probes/netlink/netlink-probe.js';
import { eventually } from './eventually.js';
import { graphState, kernelState } from './kernel-truth.js';
import { generator, RandomSteps, randomStep, type SteppedPlace } from './random-steps.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';
import { graphPairs, kernelPairs, type Place } from './veth-pairs.js';

const seed = Number(process.env['SKYDIVE_TEST_SEED'] ?? Date.now() % 1_000_000);
const steps = Number(process.env['SKYDIVE_TEST_STEPS'] ?? 300);

test('after random steps and moves in three namespaces the graph equals each', {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  t.diagnostic(`SKYDIVE_TEST_SEED=${seed}`);
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const logger = { ...silentLogger, error: (message: string) => assert.fail(message) };
  const probe = new NetlinkProbe({ graph, logger, metricsUpdateMs: 500 });
  const random = generator(seed);
  const places: (Place & SteppedPlace)[] = [];
  try {
    probe.start();
    for (const label of ['a', 'b', 'c']) {
      const namespace = new ScratchNamespace();
      const { ID } = graph.addNode({ Metadata: { Name: namespace.name, Type: 'netns' } });
      places.push({ namespace, nodeId: ID, steps: new RandomSteps(random, label) });
      await probe.register({ path: namespace.path }, ID).synced;
    }
    for (let step = 1; step <= steps; step += 1) {
      const line = await randomStep(random, places);
      if (step % 30 !== 0 && step !== steps) continue;
      await eventually(async () => {
        const when = `seed ${seed}, step ${step} (${line})`;
        const states = await Promise.all(places.map(({ namespace }) => kernelState(namespace)));
        for (const [at, { nodeId }] of places.entries()) {
          assert.deepEqual(graphState(graph, nodeId), states[at], `${when}, place ${at}`);
        }
        assert.deepEqual(graphPairs(graph, places), await kernelPairs(places, states), `${when}: pairs`);
        const count = states.reduce((sum, { size }) => sum + size, places.length);
        assert.equal(graph.nodeCount, count, `${when}: nodes that nobody owns`);
      }, 2000);
    }
  } finally {
    probe.stop();
    for (const { namespace } of places) namespace.remove();
  }
});
