// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { silentLogger } from '../../src/log/logger.js';
import { NetlinkProbe } from '../../src/topology/probes/netlink/netlink-probe.js';
import { eventually } from './eventually.js';
import { graphState, kernelState } from './kernel-truth.js';
import { generator, RandomSteps } from './random-steps.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

const seed = Number(process.env['SKYDIVE_TEST_SEED'] ?? Date.now() % 1_000_000);
const steps = Number(process.env['SKYDIVE_TEST_STEPS'] ?? 500);

interface Scene {
  readonly namespace: ScratchNamespace;
  readonly graph: Graph;
  readonly probe: NetlinkProbe;
  readonly hostId: string;
}

async function withScene(
  t: TestContext,
  receiveBytes: number | undefined,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  if (!requireNamespaces(t)) return;
  t.diagnostic(`SKYDIVE_TEST_SEED=${seed}`);
  const namespace = new ScratchNamespace();
  const graph = new Graph({ host: 'h', origin: 'agent.h' });
  const probe = new NetlinkProbe({
    graph,
    logger: { ...silentLogger, error: (message) => assert.fail(message) },
    metricsUpdateMs: 500,
    ...(receiveBytes !== undefined && { receiveBytes }),
  });
  try {
    await namespace.do('link set lo up');
    const host = graph.addNode({ Metadata: { Name: 'h', Type: 'host' } });
    probe.start();
    await probe.register({ path: namespace.path }, host.ID).synced;
    await act({ namespace, graph, probe, hostId: host.ID });
  } finally {
    probe.stop();
    namespace.remove();
  }
}

/** The graph has exactly the interfaces of the kernel, each with its state, and an edge for each master and pair. */
async function assertTrue({ namespace, graph, hostId }: Scene, when: string): Promise<void> {
  await eventually(async () => {
    const kernel = await kernelState(namespace);
    assert.deepEqual(graphState(graph, hostId), kernel, `seed ${seed}, ${when}`);
    assert.equal(graph.nodeCount, kernel.size + 1, `seed ${seed}, ${when}: nodes that nobody owns`);
    const links = new Set(
      [...graph.edges()]
        .filter(({ Metadata }) => Metadata['RelationType'] === 'layer2')
        .map(({ Parent, Child }) => {
          const end = (id: string) => graph.getNode(id)!.Metadata['IfIndex'] as number;
          return `${end(Parent)}>${end(Child)}`;
        }),
    );
    const expected = [...kernel].flatMap(([index, { masterIndex, parentIndex, type }]) => [
      ...(masterIndex === undefined ? [] : [`${masterIndex}>${index}`]),
      ...(type === 'veth' && parentIndex !== undefined && parentIndex > index
        ? [`${parentIndex}>${index}`]
        : []),
    ]);
    assert.deepEqual([...links].sort(), [...new Set(expected)].sort(), `seed ${seed}, ${when}: edges`);
  }, 2000);
}

test('after random steps the graph equals the kernel', { timeout: 120_000 }, async (t) => {
  await withScene(t, undefined, async (scene) => {
    const random = new RandomSteps(generator(seed));
    let done = 0;
    for (let step = 1; step <= steps; step += 1) {
      const line = random.next();
      await scene.namespace.do(line).then(
        () => {
          done += 1;
        },
        () => undefined,
      );
      if (step % 50 === 0) await assertTrue(scene, `step ${step} (${line})`);
    }
    await assertTrue(scene, 'at the end');
    assert.ok(steps < 100 || done > steps / 3, `only ${done} of ${steps} steps did something`);
    assert.equal(scene.probe.counters().overruns, 0);
  });
});

test('after an overrun of the netlink buffer the graph equals the kernel', {
  timeout: 120_000,
}, async (t) => {
  await withScene(t, 4096, async (scene) => {
    const random = new RandomSteps(generator(seed + 1));
    for (let round = 1; round <= 5; round += 1) {
      const before = scene.probe.counters().overruns;
      scene.probe.pause(true);
      // Random steps may all fail: these cannot, and are more than the buffer holds.
      const certain = Array.from({ length: 60 }, (_, at) => `addr add 10.9.${round}.${at}/32 dev lo`);
      scene.namespace.batch([...certain, ...Array.from({ length: 100 }, () => random.next())]);
      scene.probe.pause(false);
      await assertTrue(scene, `overrun ${round}`);
      await eventually(() => assert.ok(scene.probe.counters().overruns > before, 'no overrun was forced'));
    }
  });
});
